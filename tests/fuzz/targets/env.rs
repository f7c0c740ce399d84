//! Any bytes as a file of variables, and as operations on them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shifter_formats::env::{Assignment, EnvOp, NamePattern, apply, parse_env_file};

/// A site has no more operations.
const MOST: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut environment) = parse_env_file(bytes) {
        let names: std::collections::BTreeSet<_> = environment.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(names.len(), environment.len());
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let pattern = NamePattern::new(text.lines().next().unwrap_or_default());
        let mut operations = vec![EnvOp::Unset(pattern.clone())];
        for line in text.lines().take(MOST) {
            if let Ok(assignment) = Assignment::parse(line) {
                operations.push(EnvOp::Append(assignment.clone()));
                operations.push(EnvOp::Prepend(assignment));
            }
        }
        operations.push(EnvOp::Unset(pattern.clone()));
        apply(&mut environment, &operations);
        assert!(environment.iter().all(|(name, _)| !pattern.matches(name)));
    }
});
