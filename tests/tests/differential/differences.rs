//! What the embedded host does otherwise than Envoy, all of it, and why.

use std::fmt;

/// A difference that is known and meant.
#[derive(Debug)]
pub struct Difference {
    /// The scenarios: names, or beginnings of names with a `_` at their end.
    pub scenarios: &'static str,
    /// What the lines have in common that are on one side only; empty for all lines.
    pub lines: &'static str,
    /// Why it is so.
    #[expect(dead_code, reason = "for readers")]
    pub why: &'static str,
}

impl Difference {
    /// Whether it is to be expected in a scenario.
    pub fn is_in(&self, scenario: &str) -> bool {
        let is_of =
            |word: &str| word == scenario || word.ends_with('_') && scenario.starts_with(word);
        self.scenarios.split(' ').any(is_of)
    }

    /// Whether it explains a change.
    pub fn covers(&self, change: &Change<'_>) -> bool {
        change.line.contains(self.lines)
    }
}

/// All of them.
pub const TABLE: &[Difference] = &[
    Difference {
        scenarios: "trap_reload trap_tick_reload",
        lines: "wasm.a.vm_reload_",
        why: "Envoy counts reloads in metrics of its own; the host has only those of filters",
    },
    Difference {
        scenarios: "reply_later",
        lines: "GET / -> 401 ",
        why: "in Envoy a resume right after a reply still reaches the router, which counts an attempt and sends nothing",
    },
    Difference {
        scenarios: "reply_later",
        lines: "map request: ",
        why: "as above: the router adds its timeout to the request that nobody gets",
    },
    Difference {
        scenarios: "request_smuggled",
        lines: "accept-encoding: gzip",
        why: "the rig's HTTP/2 client drops `connection` and puts the last header in its place",
    },
];

/// A line that only one side has.
#[derive(Debug)]
pub struct Change<'a> {
    only_envoy: bool,
    number: usize,
    line: &'a str,
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.only_envoy { "only Envoy" } else { "only the host" };
        write!(f, "{who}, line {}: `{}`", self.number, self.line)
    }
}

/// The lines that are on one side only, by their longest common subsequence.
pub fn changes<'a>(envoy: &'a str, host: &'a str) -> Vec<Change<'a>> {
    let (envoy, host): (Vec<_>, Vec<_>) = (envoy.lines().collect(), host.lines().collect());
    let common = common(&envoy, &host);
    let (mut e, mut h) = (0, 0);
    let mut changes = Vec::new();
    while e < envoy.len() || h < host.len() {
        if e < envoy.len() && h < host.len() && envoy[e] == host[h] {
            (e, h) = (e + 1, h + 1);
        } else if h == host.len() || e < envoy.len() && common[e + 1][h] >= common[e][h + 1] {
            changes.push(Change { only_envoy: true, number: e + 1, line: envoy[e] });
            e += 1;
        } else {
            changes.push(Change { only_envoy: false, number: h + 1, line: host[h] });
            h += 1;
        }
    }
    changes
}

/// How many lines the rests of both texts have in common, from each pair of lines on.
fn common(left: &[&str], right: &[&str]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
    for l in (0..left.len()).rev() {
        for r in (0..right.len()).rev() {
            table[l][r] = if left[l] == right[r] {
                table[l + 1][r + 1] + 1
            } else {
                table[l + 1][r].max(table[l][r + 1])
            };
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_one_side_has_is_found() {
        let found = changes("a\nb\nc\n", "a\nc\nd\n");
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["only Envoy, line 2: `b`", "only the host, line 3: `d`"]);
    }
}
