//! Users who go from one cluster to another and back.

use std::collections::HashMap;

/// Where each user has been. A user takes a few words, however many requests it sends.
#[derive(Debug, Default)]
pub(super) struct Switches {
    clusters: Vec<String>,
    users: HashMap<String, Path>,
    returned: u64,
    /// Some of those who went back.
    examples: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Path {
    now: usize,
    /// Clusters that were left, one bit each; from the 64th on they share the last.
    left: u64,
    counted: bool,
}

impl Switches {
    /// A user was sent to a cluster.
    pub(super) fn sent(&mut self, user: &str, cluster: &str) {
        let cluster = self.cluster(cluster);
        let Some(path) = self.users.get_mut(user) else {
            self.users.insert(user.to_owned(), Path { now: cluster, left: 0, counted: false });
            return;
        };
        if path.now == cluster {
            return;
        }
        path.left |= bit(path.now);
        path.now = cluster;
        if path.left & bit(cluster) != 0 && !path.counted {
            path.counted = true;
            self.returned += 1;
            if self.examples.len() < 3 {
                self.examples.push(user.to_owned());
            }
        }
    }

    /// How many went back, and some of their names.
    pub(super) fn returned(&self) -> (u64, &[String]) {
        (self.returned, &self.examples)
    }

    fn cluster(&mut self, name: &str) -> usize {
        if let Some(known) = self.clusters.iter().position(|known| known == name) {
            return known;
        }
        self.clusters.push(name.to_owned());
        self.clusters.len() - 1
    }
}

fn bit(cluster: usize) -> u64 {
    1 << cluster.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_comes_back_has_switched() {
        let mut switches = Switches::default();
        for (user, cluster) in
            [("a", "x"), ("a", "y"), ("b", "x"), ("b", "x"), ("c", "y"), ("a", "z")]
        {
            switches.sent(user, cluster);
        }
        assert_eq!(switches.returned().0, 0);
        switches.sent("a", "x");
        switches.sent("a", "y");
        switches.sent("b", "y");
        assert_eq!(switches.returned(), (1, &["a".to_owned()][..]));
    }
}
