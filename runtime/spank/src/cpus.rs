//! Slurm's short form of processors per node: `2(x3),4`, three nodes with two and one with four
//! (`SLURM_JOB_CPUS_PER_NODE`, prolog and epilog guide); and the kernel's of those that run.

use std::fmt;

/// No list is longer, as for the names.
const MOST: usize = 1 << 20;

/// The text is no list of counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpusFault(String);

impl fmt::Display for CpusFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not of the form `COUNT(xNODES),COUNT`", self.0)
    }
}

impl std::error::Error for CpusFault {}

/// The count of each node, in the order of the job's nodes.
///
/// # Errors
/// For any other form.
pub fn per_node(text: &str) -> Result<Vec<u32>, CpusFault> {
    let wrong = || CpusFault(text.to_owned());
    let mut counts = Vec::new();
    for part in text.split(',') {
        let (count, times) = match part.split_once("(x") {
            None => (part, 1),
            Some((count, times)) => {
                let times = times.strip_suffix(')').and_then(|times| times.parse().ok());
                (count, times.filter(|times| (1..=MOST).contains(times)).ok_or_else(wrong)?)
            }
        };
        let count: u32 = count.parse().map_err(|_| wrong())?;
        if count == 0 || counts.len() + times > MOST {
            return Err(wrong());
        }
        counts.extend(std::iter::repeat_n(count, times));
    }
    Ok(counts)
}

/// How many processors `/sys/devices/system/cpu/online` names, as in `0-3,8`.
#[must_use]
pub fn online(list: &str) -> Option<u32> {
    let mut sum = 0_u32;
    for range in list.trim_end().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        sum = sum.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_repeated_for_as_many_nodes() {
        assert_eq!(per_node("2(x3)").expect("counts"), [2, 2, 2]);
        assert_eq!(per_node("64(x2),32,128(x1)").expect("counts"), [64, 64, 32, 128]);
        for bad in ["", "x", "2(x0)", "2(x3", "2x3", "0", "2,,3", "-1", "1(x99999999)", "2(3)"] {
            assert!(per_node(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_processors_that_run_are_counted() {
        assert_eq!(online("0-3\n"), Some(4));
        assert_eq!(online("0,2-3,8\n"), Some(4));
        for bad in ["", "3-0", "a", "0-4294967295"] {
            assert_eq!(online(bad), None, "{bad}");
        }
    }
}
