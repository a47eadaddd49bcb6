//! One root context registers a queue and reads it when told to; HTTP contexts write into it. The configuration names
//! the VM in which the queue is looked for.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, Status};

const QUEUE: &str = "paths";

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Consumer { vm_id: String::new() }));
}}

struct Consumer {
    vm_id: String,
}

impl Context for Consumer {}

impl RootContext for Consumer {
    fn on_configure(&mut self, _: usize) -> bool {
        let config = self.get_plugin_configuration().unwrap_or_default();
        self.vm_id = String::from_utf8_lossy(&config).into_owned();
        let first = self.register_shared_queue(QUEUE);
        first == self.register_shared_queue(QUEUE)
    }

    fn on_queue_ready(&mut self, queue: u32) {
        loop {
            match self.dequeue_shared_queue(queue) {
                Ok(Some(item)) => log::info!("dequeued {}", String::from_utf8_lossy(&item)),
                Ok(None) => return,
                Err(status) => return log::info!("dequeue: {status:?}"),
            }
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Producer { vm_id: self.vm_id.clone() }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Producer {
    vm_id: String,
}

impl Producer {
    fn produce(&self) -> Result<(), Status> {
        let path = self.get_http_request_header(":path").unwrap_or_default();
        let queue = self.resolve_shared_queue(&self.vm_id, QUEUE).ok_or(Status::NotFound)?;
        self.enqueue_shared_queue(queue, Some(path.as_bytes()))
    }
}

impl Context for Producer {}

impl HttpContext for Producer {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let produced = format!("{:?}", self.produce());
        let elsewhere = format!("{:?}", self.resolve_shared_queue("nowhere", QUEUE));
        let unknown = format!("{:?}", self.enqueue_shared_queue(999_999, Some(b"x")));
        self.set_http_request_header("x-produced", Some(&produced));
        self.set_http_request_header("x-elsewhere", Some(&elsewhere));
        self.set_http_request_header("x-unknown", Some(&unknown));
        Action::Continue
    }
}
