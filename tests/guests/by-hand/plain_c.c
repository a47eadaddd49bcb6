// A filter in C against the bare ABI: no SDK, no standard library, an allocator of one line, and a _start of its own.

typedef unsigned int u32;

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name))) u32 name
#define EXPORT(name) __attribute__((export_name(#name)))

enum { INFO = 2 };
enum { REQUEST_HEADERS = 0, RESPONSE_HEADERS = 2 };
enum { REQUEST_BODY = 0, PLUGIN_CONFIGURATION = 7 };
enum { CONTINUE = 0, PAUSE = 1 };

IMPORT(proxy_log)(u32 level, const char *text, u32 size);
IMPORT(proxy_add_header_map_value)(u32 map, const char *key, u32 key_size, const char *value, u32 value_size);
IMPORT(proxy_get_header_map_value)(u32 map, const char *key, u32 key_size, char **value, u32 *value_size);
IMPORT(proxy_remove_header_map_value)(u32 map, const char *key, u32 key_size);
IMPORT(proxy_get_buffer_bytes)(u32 buffer, u32 start, u32 size, char **bytes, u32 *bytes_size);
IMPORT(proxy_set_buffer_bytes)(u32 buffer, u32 start, u32 size, const char *bytes, u32 bytes_size);

static char heap[1 << 16];
static u32 used;
static u32 started;
static char *config;
static u32 config_size;

// Nothing is ever freed: what a test sends fits many times over.
EXPORT(malloc) void *allocate(u32 size) {
  void *place = heap + used;
  used = (used + size + 7) & ~7u;
  return used <= sizeof heap ? place : 0;
}

EXPORT(proxy_abi_version_0_2_0) void abi(void) {}

EXPORT(_start) void start(void) { started = 1; }

EXPORT(proxy_on_configure) u32 configure(u32 context, u32 size) {
  (void)context;
  return !proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, size, &config, &config_size) && started;
}

EXPORT(proxy_on_request_headers) u32 request_headers(u32 context, u32 count, u32 end) {
  (void)context, (void)count, (void)end;
  char *user = 0;
  u32 size = 0;
  if (proxy_get_header_map_value(REQUEST_HEADERS, "x-user", 6, &user, &size) == 0) {
    proxy_log(INFO, user, size);
  }
  proxy_remove_header_map_value(REQUEST_HEADERS, "content-length", 14);
  proxy_add_header_map_value(REQUEST_HEADERS, "x-config", 8, config, config_size);
  return CONTINUE;
}

EXPORT(proxy_on_request_body) u32 request_body(u32 context, u32 size, u32 end) {
  (void)context;
  if (!end) {
    return PAUSE;
  }
  proxy_set_buffer_bytes(REQUEST_BODY, size, 0, "!", 1);
  return CONTINUE;
}

EXPORT(proxy_on_response_headers) u32 response_headers(u32 context, u32 count, u32 end) {
  (void)context, (void)count, (void)end;
  proxy_add_header_map_value(RESPONSE_HEADERS, "x-from", 6, "C", 1);
  return CONTINUE;
}
