// What sanitizers are to ignore in the tests of this folder.

/// Read by ThreadSanitizer at its start; without it, nobody calls this. FFmpeg and x264 are not instrumented, so it
/// does not see how their own threads synchronise, and takes their pictures for races.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libavcodec.so\nrace:libavutil.so\nrace:libavformat.so\nrace:libx264.so\n";
}

/// The same for LeakSanitizer: x264 keeps what an encoder holds where it is not always found when a test program ends.
/// A context of ours that is not freed is still seen, since that is FFmpeg's memory.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libx264.so\n"; }
