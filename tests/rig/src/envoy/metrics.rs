//! The page that Prometheus would scrape.

use std::collections::BTreeMap;

/// One line of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    fn parse(line: &str) -> Option<Self> {
        let (series, value) = line.trim().rsplit_once(' ')?;
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, parse_labels(labels.strip_suffix('}')?)?),
            None => (series, BTreeMap::new()),
        };
        Some(Self { name: name.into(), labels, value: value.parse().ok()? })
    }

    fn matches(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.name == name && labels.iter().all(|(key, value)| self.label(key) == Some(value))
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }
}

/// Everything on the page.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Its samples, in its order.
    pub samples: Vec<Sample>,
}

impl Metrics {
    /// Reads a page; comments and lines that are no sample are passed over.
    pub fn parse(page: &str) -> Self {
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        Self { samples: lines.filter_map(Sample::parse).collect() }
    }

    /// The sum over the samples of this name that have these labels; 0 if there is none.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|sample| sample.value).sum()
    }

    /// The samples of this name that have these labels.
    pub fn matching<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.matches(name, labels))
    }
}

fn parse_labels(mut rest: &str) -> Option<BTreeMap<String, String>> {
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (key, quoted) = rest.split_once("=\"")?;
        let (value, after) = unquote(quoted)?;
        labels.insert(key.into(), value);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Some(labels)
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            _ => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_select_and_sum() {
        let page = Metrics::parse(
            "# TYPE serinus_requests_total counter\n\
             serinus_requests_total{cohort=\"canary\",outcome=\"success\"} 3\n\
             serinus_requests_total{cohort=\"canary\",outcome=\"failure\"} 2\n\
             serinus_requests_total{cohort=\"baseline\",outcome=\"failure\"} 40\n\
             plain 1.5e1\n",
        );
        assert_eq!(page.value("serinus_requests_total", &[("cohort", "canary")]), 5.0);
        assert_eq!(page.value("serinus_requests_total", &[("outcome", "failure")]), 42.0);
        assert_eq!((page.value("plain", &[]), page.value("absent", &[])), (15.0, 0.0));
    }

    #[test]
    fn quoted_values_may_hold_anything() {
        let page = Metrics::parse(r#"m{a="x,y=\"z\"} {",b="\\ \n"} 1"#);
        assert_eq!(page.samples[0].label("a"), Some(r#"x,y="z"} {"#));
        assert_eq!(page.samples[0].label("b"), Some("\\ \n"));
    }
}
