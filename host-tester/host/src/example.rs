//! How the examples of the documentation begin, hidden in each.

/// `doc/example.wat` as `filter()`; as `builder()`, a proxy with it and one cluster that says hello.
#[doc(hidden)]
#[macro_export]
macro_rules! example {
    () => {
        #[allow(unused_imports)]
        use serinus_host::{proxy::*, upstream::*};

        #[allow(dead_code)]
        fn filter() -> serinus_host::filter::Filter {
            use serinus_host::engine::{Engine, EngineOptions};
            let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/example.wat"));
            let engine = Engine::new(&EngineOptions::default()).unwrap();
            serinus_host::filter::Filter::compile(&engine, &wat::parse_str(text).unwrap()).unwrap()
        }

        #[allow(dead_code)]
        fn builder() -> Builder {
            Proxy::builder()
                .plugin(Plugin::new(&filter()).name("mine"))
                .route(Route::to("up"))
                .cluster("up", Cluster::new(Behaviour::body("hello")))
        }
    };
}
