//! What the simulation takes for granted, and what it leaves out.

use std::fmt::Write as _;

use super::constants::{Constant, Kind};
use super::findings::{FINDINGS, NOT_REPRODUCED};
use super::model::Model;

/// What is taken for granted, one thing a paragraph.
pub const ASSUMPTIONS: &[&str] = &[
    "The word to start goes down a tree of nodes; each starts a random while after it came, exponentially distributed. Nodes that hang \
     for good are not simulated.",
    "A gateway of the original answers one question after the other. As many connections wait as listen(2) allows; the request of \
     a further one is dropped, and its sender repeats it after longer and longer waits (tcp(7)) until its kernel or gatewayTimeout ends \
     it.",
    "A client asks the gateways in an order of its own, each once. A gateway still answers a client that has left.",
    "The original's start then holds one connection to the directory service until the container is built, as nss_ldap does without \
     nscd. Where no connection is free, the start fails at once (bind_policy soft, as SLES has it).",
    "Seeded caches, sssd, nss_slurm and `identity.resolve_at = \"submit\"` answer on the node, for nothing.",
    "The store of images answers requests for names and attributes at one rate for all nodes, and sends the bytes of one file at one \
     rate for each server that the file is striped over. Each node reads the image once; containers of one node share it.",
    "Building a container takes as long on every node, whatever else runs there. The original starts programs for it, each over the \
     network; the native runtime starts none.",
    "A prologue that one node runs for all tells all nodes at once and takes their answers one after the other: if it told them one \
     after the other, the directory service would never have been full. With other workload managers every node has its own.",
    "Not simulated: the network itself, other jobs on the same services, pulls, ranks that communicate, what a command reads after it \
     has begun, the directory service's own speed beyond its connections.",
];

/// All of it as text: what is assumed, the numbers, and what they make of the findings of Blue Waters.
#[must_use]
pub fn assumptions(constants: &[Constant], model: &Model, seed: u64) -> String {
    let mut out = "Assumptions\n".to_owned();
    for one in ASSUMPTIONS {
        paragraph(&mut out, one);
    }
    out.push_str("\nNumbers (--constant NAME=VALUE replaces one)\n");
    for one in constants {
        let kind = match one.kind {
            Kind::Measured => "measured",
            Kind::Elsewhere => "measured, of the original",
            Kind::Documented => "documented",
            Kind::Fitted => "fitted",
            Kind::Assumed => "assumed",
            Kind::Told => "told",
        };
        let _ = writeln!(out, "  {} = {} {} ({kind})", one.name, one.value, one.unit);
        let measured = match (&one.command, &one.date, &one.machine) {
            (Some(command), Some(date), Some(machine)) => format!("; {command}; {machine}, {date}"),
            _ => String::new(),
        };
        wrapped(&mut out, "      ", "      ", &format!("{}{measured}", one.source));
    }
    out.push_str("\nFindings of Leong et al. 2018, section V, with these numbers\n");
    for finding in FINDINGS {
        let (told, holds) = (finding.holds)(model, seed);
        let how = finding.fitted.map_or_else(|| "follows".to_owned(), |name| format!("{name} is fitted to it"));
        let sign = if holds { "ok  " } else { "NOT " };
        let _ = writeln!(out, "  {sign}{}\n      {told} ({how})", finding.says);
    }
    out.push_str("\nNot reproduced\n");
    for one in NOT_REPRODUCED {
        paragraph(&mut out, one);
    }
    out
}

fn paragraph(out: &mut String, text: &str) {
    wrapped(out, "  - ", "    ", text);
}

/// The words of `text` in lines of at most 110 characters.
fn wrapped(out: &mut String, first: &str, next: &str, text: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > 110 {
            let _ = writeln!(out, "{line}");
            (line, is_empty) = (next.to_owned(), true);
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(out, "{line}");
}
