// A metric of every kind, counted per request and at a tick that happens once.
export * from "@solo-io/proxy-runtime/proxy";
import {
  Context, Counter, FilterHeadersStatusValues, Gauge, Histogram, LogLevelValues, RootContext, log, registerRootContext,
  stream_context,
} from "@solo-io/proxy-runtime";
import { set_tick_period_milliseconds } from "@solo-io/proxy-runtime/runtime";

class MetricsRoot extends RootContext {
  requests: Counter = new Counter("guest_as_requests");
  active: Gauge = new Gauge("guest_as_active");
  sizes: Histogram = new Histogram("guest_as_sizes");

  onConfigure(configuration_size: u32): bool {
    set_tick_period_milliseconds(100);
    return super.onConfigure(configuration_size);
  }

  onTick(): void {
    log(LogLevelValues.info, "ticked");
    set_tick_period_milliseconds(0);
  }

  createContext(context_id: u32): Context {
    return new MetricsContext(context_id, this);
  }
}

class MetricsContext extends Context {
  constructor(context_id: u32, root_context: MetricsRoot) {
    super(context_id, root_context);
  }

  onRequestHeaders(count: u32, end_of_stream: bool): FilterHeadersStatusValues {
    const root = this.root_context as MetricsRoot;
    root.requests.increment(2);
    const set = root.active.record(root.active.metric_id, 7);
    const sunk = root.active.increment(-3);
    const seen = root.sizes.record(root.sizes.metric_id, count);
    stream_context.headers.request.add("x-results", set.toString() + sunk.toString() + seen.toString());
    return FilterHeadersStatusValues.Continue;
  }
}

registerRootContext((context_id: u32) => new MetricsRoot(context_id), "metrics");
