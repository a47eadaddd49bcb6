// A callout on which the request waits, and a local response where the answer is no.
export * from "@solo-io/proxy-runtime/proxy";
import {
  BaseContext, Context, FilterHeadersStatusValues, GrpcStatusValues, HeaderPair, LogLevelValues, RootContext,
  WasmResultValues, log, registerRootContext, send_local_response, stream_context,
} from "@solo-io/proxy-runtime";

function pair(name: string, value: string): HeaderPair {
  return new HeaderPair(String.UTF8.encode(name), String.UTF8.encode(value));
}

function deny(why: string): void {
  send_local_response(403, "denied_by_guest", String.UTF8.encode(why), [pair("x-denied-by", "as")],
    GrpcStatusValues.PermissionDenied);
}

class AuthRoot extends RootContext {
  createContext(context_id: u32): Context {
    return new AuthContext(context_id, this);
  }
}

class AuthContext extends Context {
  constructor(context_id: u32, root_context: AuthRoot) {
    super(context_id, root_context);
  }

  onRequestHeaders(count: u32, end_of_stream: bool): FilterHeadersStatusValues {
    const headers = [pair(":method", "GET"), pair(":path", "/check"), pair(":authority", "authz")];
    const called = this.root_context.httpCall("authz", headers, new ArrayBuffer(0), [], 1000, this,
      (origin: BaseContext, headers: u32, body_size: usize, trailers: u32): void => {
        const status = stream_context.headers.http_callback.get(":status");
        log(LogLevelValues.info, "authz said " + status);
        if (status == "200") {
          stream_context.headers.request.add("x-allowed", "yes");
          origin.continueRequest();
        } else {
          deny("status " + status);
        }
      });
    if (called != WasmResultValues.Ok) {
      deny("not called");
    }
    return FilterHeadersStatusValues.StopIteration;
  }
}

registerRootContext((context_id: u32) => new AuthRoot(context_id), "auth");
