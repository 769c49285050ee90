// Where frames come from and where results go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/frame.hpp"

namespace INFLIGHT_API inflight {

struct SourceOptions {
  int loop = 1;             ///< how often to play it; 0: for ever
  std::uint64_t start = 0;  ///< frames to skip at the beginning of each play
  std::uint64_t every = 1;  ///< use every n-th frame
  std::uint64_t limit = 0;  ///< end after this many frames; 0: no limit
  int decode_threads = 1;   ///< of the video decoder; 1: in the reading thread
  /// Larger pictures are refused before memory is taken for them: by pixels a side, and by bytes in the layout that
  /// their decoder gives.
  int max_picture_side = 16384;
  std::size_t max_picture_bytes = std::size_t{256} << 20;
  /// What YUV pictures are taken for that do not say it. BT.601 whatever their size, as FFmpeg and OpenCV have it.
  ColorMatrix assumed_matrix = ColorMatrix::bt601;
  /// Files at their own pace, as a camera would give them; `read_at` is then when a picture was due.
  bool realtime = false;
  /// Of sources that are live (URLs, cameras): nothing new for so long counts as lost; 0: they may be silent for ever.
  Duration stall_after = std::chrono::seconds(10);
  /// How often a live source that was lost is opened again before it ends with the last error; -1: for ever; 0: never,
  /// it ends with its connection. Each try waits twice as long as the one before, up to `longest_backoff`; a frame
  /// makes the count begin anew.
  int reconnects = -1;
  Duration first_backoff = std::chrono::milliseconds(500);
  Duration longest_backoff = std::chrono::seconds(30);
  /// Gives up opening a URL or a camera that does not answer. Once it is open, interrupt() is for that.
  std::stop_token stop_opening{};
};

struct SourceInfo {
  std::string name{};                     ///< as given: a path, a URL (redacted()), "synthetic:…"
  Size size{};                            ///< of the first picture; later ones may differ
  double frames_per_second = 0;           ///< nominal; 0: unknown (images)
  std::optional<std::uint64_t> frames{};  ///< how many read() will give, where that is known
  /// What its pictures are taken for because they do not say it: `assumed_matrix`. Nothing where they say it.
  std::optional<ColorMatrix> assumed_matrix{};
};

/// What happens to a source besides frames.
struct SourceEvent {
  std::string kind{};  ///< source_lost, source_stalled, source_reconnected, source_remark
  std::string text{};  ///< for people; names the source, never with its password
};

/// A sequence of frames, which may outlive it. One thread reads; interrupt() may come from another.
class Source {
 public:
  virtual ~Source() = default;
  virtual const SourceInfo& info() const noexcept = 0;
  /// The next frame, with id, timestamp and read_at set, upright whatever way the camera was held. False: the
  /// end. Errors: unreadable_frame, saying which: `frame` then has all but its pixels, and the next read() goes
  /// on; any other ends the source: unreadable_input, saying where. Whatever came before it stands.
  virtual Result<bool> read(Frame& frame) = 0;
  /// Makes a read() that waits (network, camera) return the end soon. Thread-safe.
  virtual void interrupt() noexcept {}
  /// Whom to tell, from within read(). Set before the first read; most sources have nothing to tell.
  virtual void on_event(std::function<void(const SourceEvent&)> told) { static_cast<void>(told); }
  /// It gives frames when they happen, whether anybody takes them or not: a camera, or a file at its own pace.
  virtual bool is_live() const noexcept { return false; }
};

/// `spec`: a video file, an image file, a folder or a glob of images, "/dev/video0", a URL, or
/// "synthetic:640x360,frames=100,fps=30,seed=1": moving boxes whose truth is known.
/// Streams (rtsp, udp, tcp, …; http where the server names neither length nor duration) and cameras are live: they
/// are opened again when they were lost. A recording on a web server ends where it ends.
/// Errors: unreadable_input; invalid_argument (an option, or a part of a synthetic source); cancelled (stop_opening).
Result<std::unique_ptr<Source>> open_source(const std::string& spec, const SourceOptions& options = {});

/// What a name stands for.
struct NamedSources {
  /// For open_source(), one source each: the videos of a folder or a glob without images, in the order of their names
  /// ("2" before "10"); else `spec` itself, also where it holds images, which are one source.
  std::vector<std::string> specs{};
  std::vector<std::string> passed_over{};  ///< other files there that are not hidden
};
/// Nothing is opened but folders. Errors: unreadable_input, for a folder that cannot be read.
Result<NamedSources> find_sources(const std::string& spec);

/// `spec` as it may be shown: "rtsp://***@host/…?channel=***" for "rtsp://user:secret@host/…?channel=1", be it well
/// formed or not. Users, passwords and tokens before the host are hidden, and every value of a query; what is no
/// address stays.
std::string redacted(const std::string& spec);
/// The same of every address within a text for people.
std::string redacted_text(const std::string& text);

/// One line of a list of sources.
struct ListedSource {
  std::string
      spec{};  ///< for open_source(); a relative path is relative to the working directory, as on a command line
  /// As written, each once: `name`, `priority` (a whole number), `overflow` (wait, drop_oldest, drop_latest), `max-age`
  /// (200ms, 2s), `realtime` (true, false), `loop` (0: for ever), `every` (from 1). Their values have been checked.
  std::map<std::string, std::string> options{};
  int line = 0;  ///< from 1
};

struct SourceList {
  std::vector<ListedSource> sources{};
  std::vector<Error> bad_lines{};  ///< what is wrong with the lines that were left out
};

/// Reads a list: one source per line, then `option=value` words; "# remark", also behind a source; blank lines. Spaces
/// are kept within double quotes: `"my film.mp4" name="front door"`. Nothing is opened.
/// Errors: unreadable_input, also for a list without a source; invalid_argument for the first bad line, naming file and
/// line and what to write instead, unless bad lines are to be left out.
Result<SourceList> read_source_list(const std::filesystem::path& path, bool leave_out_bad_lines = false);

/// The files that open_source(spec) reads, or open_source of each that find_sources() finds: a file, whether or not it
/// is there, or a folder and what is read in it, or what a pattern names and its folder. None of what is no file: URLs,
/// cameras, synthetic sources.
std::vector<std::filesystem::path> files_of_source(const std::string& spec);

/// True positions in frame `id` of a synthetic source `spec`; empty for other sources.
std::vector<Detection> synthetic_truth(const std::string& spec, std::uint64_t id);

/// Takes results in frame order, on a thread of its own. Never on the path that feeds the device.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Errors: output_failed; the pipeline then stops giving it results and reports it once.
  virtual Result<void> write(const FrameResult& result) = 0;
  /// After the last result: flushes and closes. Called exactly once, also after a failed write.
  virtual Result<void> finish() = 0;
  /// Bytes of pictures that it keeps besides the frames it was given: copies to draw upon, and what an encoder holds
  /// back. They count against the bound on what a pipeline holds. Asked after each write(), on the same thread.
  virtual std::size_t bytes_held() const noexcept { return 0; }
};

/// Draws a result onto a writable picture; `draw_overlay` fits.
using Draw = std::function<void(const Picture&, const FrameResult&)>;

struct VideoSinkOptions {
  double frames_per_second = 25;
  Draw draw{};          ///< empty: the pictures as they are
  std::string codec{};  ///< an FFmpeg encoder; empty: libx264 where present, else mpeg4
  int threads = 0;      ///< of the encoder; 0: its default
  /// What the encoder is to keep at most. Where pictures are large for that, it looks ahead less and codes fewer of
  /// them side by side; one at a time it always has.
  std::size_t max_bytes = std::size_t{128} << 20;
};

// All of these check their path before they return: errors are unwritable_output, naming what is in the way.

/// An annotated video; the container follows the extension; "-" is standard output, as Matroska. Frames that were
/// dropped or failed are left out; a change of the source's size is scaled to the first frame's. Errors besides:
/// invalid_argument (the rate).
Result<std::unique_ptr<Sink>> open_video_sink(const std::filesystem::path& path, const VideoSinkOptions& options);
/// One annotated PNG or JPEG per frame: "folder/000025.jpg".
Result<std::unique_ptr<Sink>> open_image_sink(const std::filesystem::path& folder, Draw draw);
/// One JSON object per line and frame, in the file a quarter of a second later at most; "-" is standard output.
Result<std::unique_ptr<Sink>> open_json_sink(const std::filesystem::path& path);
/// A window. Errors: unwritable_output where there is no display. When the user closes it, `closed` runs.
Result<std::unique_ptr<Sink>> open_window_sink(const std::string& title, Draw draw, std::function<void()> closed);

/// A result as it stands in the JSON lines, without the line end.
std::string to_json(const FrameResult& result);

}  // namespace INFLIGHT_API inflight
