//! A TCP filter that chooses the cluster: the one that its configuration names, through Envoy's filter state.

use proxy_wasm::traits::{Context, RootContext, StreamContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { cluster: Vec::new() }));
}}

struct Root {
    cluster: Vec<u8>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        self.cluster = self.get_plugin_configuration().unwrap_or_default();
        true
    }

    fn create_stream_context(&self, _: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(Route { cluster: self.cluster.clone() }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }
}

struct Route {
    cluster: Vec<u8>,
}

impl Context for Route {}

impl StreamContext for Route {
    fn on_new_connection(&mut self) -> Action {
        let source = self.get_property(vec!["source", "address"]).unwrap_or_default();
        log::info!("from {}", String::from_utf8_lossy(&source).split(':').next().unwrap_or_default());
        let path = b"envoy.tcp_proxy.cluster";
        let mut arguments = vec![0x0a, path.len() as u8];
        arguments.extend(path);
        arguments.extend([0x12, self.cluster.len() as u8]);
        arguments.extend(&self.cluster);
        let set = self.call_foreign_function("set_envoy_filter_state", Some(&arguments));
        log::info!("routed: {}", set.is_ok());
        Action::Continue
    }
}
