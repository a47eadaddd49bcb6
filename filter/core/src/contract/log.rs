//! What lines in Envoy's log begin with.

/// A decision: one line of JSON follows, see [`Record`](crate::record::Record).
pub const DECISION: &str = "serinus.decision ";

/// A configuration that was refused: the plugin's name and what is wrong follow, see [`config_error`].
pub const CONFIG_ERROR: &str = "serinus.config_error ";

const PLUGIN: &str = "plugin=";

/// The line about a configuration that was refused.
pub fn config_error(plugin: &str, why: &str) -> String {
    [CONFIG_ERROR, PLUGIN, plugin, " ", why].concat()
}

/// What such a line says is wrong with the configuration of `plugin`; `None` if the line is another one.
pub fn read_config_error<'a>(plugin: &str, line: &'a str) -> Option<&'a str> {
    let rest = line.strip_prefix(CONFIG_ERROR)?.strip_prefix(PLUGIN)?;
    rest.strip_prefix(plugin)?.strip_prefix(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_as_it_was_written_and_only_for_its_plugin() {
        let line = config_error("shop", "stages: missing");
        assert_eq!(line, "serinus.config_error plugin=shop stages: missing");
        assert_eq!(read_config_error("shop", &line), Some("stages: missing"));
        assert_eq!(read_config_error("sho", &line), None);
        assert_eq!(read_config_error("shop", "serinus.decision {}"), None);
    }
}
