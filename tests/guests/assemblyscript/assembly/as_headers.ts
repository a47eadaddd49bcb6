// Headers in both directions, the configuration and the root id, as the SDK's first example does it.
export * from "@solo-io/proxy-runtime/proxy";
import {
  Context, FilterHeadersStatusValues, LogLevelValues, RootContext, log, registerRootContext, stream_context,
} from "@solo-io/proxy-runtime";

class HeadersRoot extends RootContext {
  createContext(context_id: u32): Context {
    return new HeadersContext(context_id, this);
  }
}

class HeadersContext extends Context {
  constructor(context_id: u32, root_context: HeadersRoot) {
    super(context_id, root_context);
  }

  onRequestHeaders(count: u32, end_of_stream: bool): FilterHeadersStatusValues {
    log(LogLevelValues.info, "request headers, end " + end_of_stream.toString());
    stream_context.headers.request.remove("x-secret");
    stream_context.headers.request.replace("x-user", "rewritten");
    stream_context.headers.request.add("x-tag", "second");
    stream_context.headers.request.add("x-path", stream_context.headers.request.get(":path"));
    return FilterHeadersStatusValues.Continue;
  }

  onResponseHeaders(count: u32, end_of_stream: bool): FilterHeadersStatusValues {
    const config = this.root_context.getConfiguration();
    stream_context.headers.response.add("hello", config == "" ? "world!" : config);
    const headers = stream_context.headers.response.get_headers();
    let names = "";
    for (let i = 0; i < headers.length; i++) {
      const name = String.UTF8.decode(headers[i].key);
      if (name == "x-one" || name == "hello") {
        names += name + "=" + String.UTF8.decode(headers[i].value) + ";";
      }
    }
    stream_context.headers.response.replace("x-names", names);
    return FilterHeadersStatusValues.Continue;
  }

  onLog(): void {
    log(LogLevelValues.info, "finished " + stream_context.headers.request.get(":path"));
  }
}

registerRootContext((context_id: u32) => new HeadersRoot(context_id), "headers");
