// What ThreadSanitizer is to ignore in the tests of this folder.

/// Read by ThreadSanitizer at its start; without it, nobody calls this. FFmpeg and x264 are not instrumented, so it
/// does not see how their own threads synchronise, and takes their pictures for races.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libavcodec.so\nrace:libavutil.so\nrace:libavformat.so\nrace:libx264.so\n";
}
