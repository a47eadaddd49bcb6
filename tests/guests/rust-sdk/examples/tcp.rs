//! A TCP filter: changes the bytes of both directions, and closes a connection that asks for it.

use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::{Action, LogLevel, PeerType};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_stream_context(|_, _| Box::new(Tcp { down: 0, up: 0 }));
}}

struct Tcp {
    down: usize,
    up: usize,
}

impl Context for Tcp {}

impl StreamContext for Tcp {
    fn on_new_connection(&mut self) -> Action {
        log::info!("new connection");
        Action::Continue
    }

    fn on_downstream_data(&mut self, size: usize, _: bool) -> Action {
        self.down += size;
        let data = self.get_downstream_data(0, size).unwrap_or_default();
        if data.starts_with(b"quit") {
            self.close_downstream();
            return Action::Pause;
        }
        self.set_downstream_data(0, size, &data.to_ascii_uppercase());
        Action::Continue
    }

    fn on_upstream_data(&mut self, size: usize, _: bool) -> Action {
        self.up += size;
        if size > 0 {
            self.set_upstream_data(0, 0, b"<");
        }
        Action::Continue
    }

    fn on_downstream_close(&mut self, peer: PeerType) {
        log::info!("downstream closed by {peer:?}");
    }

    fn on_upstream_close(&mut self, peer: PeerType) {
        log::info!("upstream closed by {peer:?}");
    }

    fn on_log(&mut self) {
        log::info!("{} bytes up, {} bytes down", self.down, self.up);
    }
}
