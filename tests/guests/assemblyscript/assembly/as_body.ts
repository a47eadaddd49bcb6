// Buffers the request's body, looks into it and lets it pass or answers; the SDK cannot change a body.
export * from "@solo-io/proxy-runtime/proxy";
import {
  Context, FilterDataStatusValues, FilterHeadersStatusValues, GrpcStatusValues, LogLevelValues, RootContext, log,
  registerRootContext, send_local_response, stream_context,
} from "@solo-io/proxy-runtime";
import { BufferTypeValues, get_buffer_bytes, get_buffer_status, get_property } from "@solo-io/proxy-runtime/runtime";

class BodyRoot extends RootContext {
  createContext(context_id: u32): Context {
    return new BodyContext(context_id, this);
  }
}

class BodyContext extends Context {
  constructor(context_id: u32, root_context: BodyRoot) {
    super(context_id, root_context);
  }

  onRequestHeaders(count: u32, end_of_stream: bool): FilterHeadersStatusValues {
    // The SDK has no separators of its own: a path of several parts is joined by NUL.
    const method = String.UTF8.decode(get_property("request\0method"));
    stream_context.headers.request.add("x-method", method);
    return FilterHeadersStatusValues.Continue;
  }

  onRequestBody(size: usize, end_of_stream: bool): FilterDataStatusValues {
    if (!end_of_stream) {
      return FilterDataStatusValues.StopIterationAndBuffer;
    }
    const status = get_buffer_status(BufferTypeValues.HttpRequestBody);
    const body = String.UTF8.decode(get_buffer_bytes(BufferTypeValues.HttpRequestBody, 0, size as u32));
    log(LogLevelValues.info, "body of " + status.length.toString() + ": " + body);
    if (body.includes("forbidden")) {
      send_local_response(400, "forbidden_word", String.UTF8.encode("forbidden word"), [], GrpcStatusValues.InvalidCode);
      return FilterDataStatusValues.StopIterationNoBuffer;
    }
    return FilterDataStatusValues.Continue;
  }

  onResponseBody(size: usize, end_of_stream: bool): FilterDataStatusValues {
    log(LogLevelValues.info, "response chunk, end " + end_of_stream.toString());
    return FilterDataStatusValues.Continue;
  }
}

registerRootContext((context_id: u32) => new BodyRoot(context_id), "body");
