//! Reads both configurations, refuses a bad one, and keeps the last good one for its requests.

use std::collections::BTreeMap;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde::Deserialize;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    add: BTreeMap<String, String>,
    #[serde(default)]
    block: Vec<String>,
}

#[derive(Default)]
struct Root {
    vm: String,
    config: Rc<Config>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_vm_start(&mut self, size: usize) -> bool {
        self.vm = self
            .get_vm_configuration()
            .map_or_else(String::new, |v| String::from_utf8_lossy(&v).into_owned());
        log::info!("vm configuration of {size} bytes: {}", self.vm);
        true
    }

    fn on_configure(&mut self, size: usize) -> bool {
        let text = self.get_plugin_configuration().unwrap_or_default();
        match serde_json::from_slice(&text) {
            Ok(config) => {
                log::info!("configured with {size} bytes");
                self.config = Rc::new(config);
                true
            }
            Err(error) => {
                log::error!("refused: {error}");
                false
            }
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http { vm: self.vm.clone(), config: Rc::clone(&self.config) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Http {
    vm: String,
    config: Rc<Config>,
}

impl Context for Http {}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let path = self.get_http_request_header(":path").unwrap_or_default();
        if self.config.block.contains(&path) {
            self.send_http_response(404, vec![], None);
            return Action::Pause;
        }
        self.set_http_request_header("x-vm", Some(&self.vm));
        for (name, value) in &self.config.add {
            self.set_http_request_header(name, Some(value));
        }
        Action::Continue
    }
}
