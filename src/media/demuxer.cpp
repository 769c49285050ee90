#include "demuxer.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "camera.hpp"
#include "file_end.hpp"
#include "unreadable.hpp"

namespace inflight::media {
namespace fs = std::filesystem;
namespace {

std::int64_t steady_now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

Error unreadable_file(const std::string& spec, std::string_view what) {
  return {ErrorCode::unreadable_input, fmt::format("{}: {}", name_of(spec), what)};
}

/// The faults that libavformat would only call "invalid data".
Result<void> check_file(const std::string& spec) {
  std::error_code trouble;
  fs::file_status status = fs::status(spec, trouble);
  if (trouble) return fail(unreadable_file(spec, why_unreadable(spec, trouble.value())));
  if (fs::is_regular_file(status) && fs::file_size(spec, trouble) == 0) {
    return fail(unreadable_file(spec, "the file is empty (0 bytes); record or download it again"));
  }
  return {};
}

/// What libavformat is to open, so that a colon in a file's name is not taken for a protocol.
std::string address_of(const std::string& spec) { return is_url(spec) || is_camera(spec) ? spec : "file:" + spec; }

constexpr const char* kStandardInput = "/dev/stdin";

/// The path of what is read, where standard input is a file.
std::string path_of(const std::string& spec) { return is_standard_input(spec) ? kStandardInput : spec; }

/// Can only be read forward, and may keep its reader waiting.
bool is_fed(const std::string& spec) {
  if (is_url(spec)) return false;
  std::error_code ignored;
  return is_standard_input(spec) ? !fs::is_regular_file(kStandardInput, ignored) : is_pipe(spec);
}

constexpr int kMostRedirects = 8;  // as FFmpeg has it for web servers; those of RTSP it follows for ever

// Of a stream, so many pictures are looked at to find its rate, instead of FFmpeg's 20 or 40: they are old by then.
constexpr const char* kPicturesForRate = "6";

/// What of FFmpeg's defaults does not fit. Not `nobuffer`, which many recommend: it throws away what was looked at
/// while opening, and with it the key frame that the next pictures need.
struct Options {
  AVDictionary* entries = nullptr;
  explicit Options(const std::string& spec) {
    if (spec.starts_with("rtsp")) {
      // UDP loses packets of high-resolution cameras; every camera speaks TCP too.
      av_dict_set(&entries, "rtsp_transport", "tcp", 0);
      // Sound is not even to be sent.
      av_dict_set(&entries, "allowed_media_types", "video", 0);
    }
    if (is_endless(spec) || is_fed(spec)) av_dict_set(&entries, "fpsprobesize", kPicturesForRate, 0);
    // Who reads too slowly loses pictures, not the source.
    if (spec.starts_with("udp://")) av_dict_set(&entries, "overrun_nonfatal", "1", 0);
  }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { av_dict_free(&entries); }
};

}  // namespace

// FFmpeg asks this again and again while it waits, at least every 100 ms.
int Demuxer::must_stop(void* self) noexcept {
  auto& demuxer = *static_cast<Demuxer*>(self);
  return demuxer.interrupted_ || demuxer.opening_stopped() || demuxer.too_late() ||
         (demuxer.in_work_ && demuxer.asks_too_much(*demuxer.in_work_));
}

/// What comes from others may redirect without end, or claim a part of gigabytes, which FFmpeg would gather whole.
bool Demuxer::asks_too_much(const AVFormatContext& input) noexcept {
  if (opening_ && input.url != address_) {
    address_ = input.url;
    if (++redirects_ > kMostRedirects) asked_too_much_ = kTooManyRedirects;
  }
  bool from_others = remote_ || pipe_;
  if (from_others && input.pb && input.pb->bytes_read - part_began_ > kLargestPart) asked_too_much_ = kPartTooLarge;
  return asked_too_much_ != 0;
}

void Demuxer::await_by(Duration patience) noexcept {
  give_up_at_ns_ = remote_ && patience > Duration(0) ? steady_now_ns() + patience.count() : 0;
}

bool Demuxer::too_late() const noexcept {
  std::int64_t deadline = give_up_at_ns_;
  return deadline != 0 && steady_now_ns() > deadline;
}

Error Demuxer::unreadable(int code) const {
  if (opening_stopped()) return {ErrorCode::cancelled, fmt::format("{}: opening it was given up", name_)};
  if (asked_too_much_ != 0) return cannot_open(spec_, asked_too_much_);
  if (remote_) return cannot_open(spec_, too_late() ? AVERROR(ETIMEDOUT) : code);
  for (int known : {EACCES, EPERM, EMFILE, ENFILE, ENOMEM}) {
    if (code == AVERROR(known)) return unreadable_file(spec_, why_unreadable(spec_, known));
  }
  return unreadable_file(spec_, fmt::format("not a video that FFmpeg can read ({}); try `ffprobe` on it, or name "
                                            "another file",
                                            av_error_text(code)));
}

Result<std::unique_ptr<Demuxer>> Demuxer::open(const std::string& spec, DemuxerOptions options) {
  start_ffmpeg();
  std::unique_ptr<Demuxer> demuxer(new Demuxer(spec, std::move(options)));
  if (!is_url(spec) && !is_standard_input(spec)) {
    if (auto ok = check_file(spec); !ok) return fail(std::move(ok.error()));
  }
  if (auto ok = demuxer->open_input(); !ok) return fail(std::move(ok.error()));
  if (auto ok = demuxer->choose_stream(); !ok) return fail(std::move(ok.error()));
  return demuxer;
}

int Demuxer::open_format() {
  AVFormatContext* raw = avformat_alloc_context();
  if (!raw) return AVERROR(ENOMEM);
  in_work_ = raw;
  address_ = raw->url;
  raw->interrupt_callback = {&Demuxer::must_stop, this};
  if (pipe_) raw->pb = pipe_->io();
  // Devices wait in the kernel, where nobody asks whether they must stop.
  if (is_camera(spec_)) raw->flags |= AVFMT_FLAG_NONBLOCK;
  Options options(spec_);
  const AVInputFormat* format = is_camera(spec_) ? av_find_input_format("video4linux2") : nullptr;
  int code = avformat_open_input(&raw, address_of(path_of(spec_)).c_str(), format, &options.entries);
  if (code >= 0) input_.reset(raw);  // else it is freed already
  in_work_ = input_.get();
  return code;
}

Result<void> Demuxer::open_pipe() {
  AVIOInterruptCB stop{&Demuxer::must_stop, this};
  auto pipe = is_standard_input(spec_) ? PipeInput::from_standard_input(stop) : PipeInput::open(spec_, stop);
  if (!pipe) return fail(std::move(pipe.error()));
  pipe_ = std::move(*pipe);
  return {};
}

/// Looks into the streams, for which FFmpeg decodes some of their pictures.
int Demuxer::find_streams() {
  std::vector<AVDictionary*> options(input_->nb_streams);
  for (AVDictionary*& each : options) av_dict_set_int(&each, "max_pixels", most_pixels(options_.limit), 0);
  int code = avformat_find_stream_info(input_.get(), options.data());
  for (AVDictionary*& each : options) av_dict_free(&each);
  if (code < 0) return code;
  // It passes over what ended its reading, and the next read would meet the same.
  bool broken_off = too_late() && input_->pb && input_->pb->error < 0;
  return asked_too_much_ || broken_off ? AVERROR_EXIT : 0;
}

Result<void> Demuxer::check_sizes() const {
  for (unsigned s = 0; s < input_->nb_streams; ++s) {
    const AVCodecParameters& about = *input_->streams[s]->codecpar;
    if (about.codec_type != AVMEDIA_TYPE_VIDEO) continue;
    auto why = too_large({about.width, about.height}, static_cast<AVPixelFormat>(about.format), options_.limit);
    if (why) return fail(unreadable_file(spec_, *why));
  }
  return {};
}

Result<void> Demuxer::open_input() {
  await_by(options_.opening);
  if (is_fed(spec_)) {
    if (auto ok = open_pipe(); !ok) return ok;
  }
  std::stop_callback wake(options_.stop, [this] {
    if (pipe_) pipe_->interrupt();
  });
  if (int code = open_format(); code < 0) return fail(unreadable(code));
  // FFmpeg would render any text file as the screen of a terminal.
  if (std::strcmp(input_->iformat->name, "tty") == 0) return fail(unreadable(AVERROR_INVALIDDATA));
  if (auto ok = check_sizes(); !ok) return ok;
  if (int code = find_streams(); code < 0) return fail(unreadable(code));
  if (auto ok = check_sizes(); !ok) return ok;
  if (is_camera(spec_)) camera_ = descriptor_of(spec_);
  live_ = is_endless(spec_) || (remote_ && !has_size());
  give_up_at_ns_ = 0;
  opening_ = false;
  return {};
}

/// A recording on some server; a stream knows neither how long it is nor how many bytes it has.
bool Demuxer::has_size() const noexcept { return input_->duration > 0 || (input_->pb && avio_size(input_->pb) > 0); }

Result<void> Demuxer::choose_stream() {
  stream_ = av_find_best_stream(input_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (stream_ < 0 || (stream().disposition & AV_DISPOSITION_ATTACHED_PIC)) {
    return fail(unreadable_file(spec_, "has no video in it; name a file with pictures"));
  }
  // Sound and subtitles are not even to be read.
  for (unsigned s = 0; s < input_->nb_streams; ++s) {
    if (static_cast<int>(s) != stream_) input_->streams[s]->discard = AVDISCARD_ALL;
  }
  return {};
}

/// MP4 and QuickTime, whose index lists every packet and is there from the start.
bool Demuxer::has_index() const noexcept { return std::strncmp(input_->iformat->name, "mov", 3) == 0; }

bool Demuxer::is_cut_packet(const AVPacket& packet) const noexcept {
  // In a stream from the network, and in one that was recorded as it came, a "corrupt" packet still shows something.
  // In other files it means that the file ends inside of it, and decoding it would show a picture that is half grey.
  bool is_file = has_index() || (!remote_ && std::strcmp(input_->iformat->name, "mpegts") != 0);
  return is_file && (packet.flags & AV_PKT_FLAG_CORRUPT);
}

int Demuxer::read(AVPacket& packet) {
  await_by(options_.silence);
  int code = read_packet(packet);
  // Formats tell it differently, some as the end.
  if (code < 0 && !interrupted_ && too_late()) {
    stalled_ = true;
    code = AVERROR(ETIMEDOUT);
  }
  give_up_at_ns_ = 0;
  return code;
}

int Demuxer::read_packet(AVPacket& packet) {
  for (;;) {
    part_began_ = input_->pb ? input_->pb->bytes_read : 0;
    int code = av_read_frame(input_.get(), &packet);
    // Devices answer so when they have no picture yet; some do although they wait by themselves.
    if (code == AVERROR(EAGAIN) && !must_stop(this)) {
      if (is_camera(spec_)) await_device(camera_);
      continue;
    }
    if (code < 0) return code;
    bool ours = packet.stream_index == stream_;
    if (ours && !is_cut_packet(packet)) {
      ++packets_;
      return 0;
    }
    cut_ = cut_ || ours;
    av_packet_unref(&packet);
  }
}

int Demuxer::rewind() {
  if (pipe_) return AVERROR(ESPIPE);
  packets_ = 0;
  auto* stream = input_->streams[stream_];
  const AVIndexEntry* first = avformat_index_get_entry(stream, 0);
  std::int64_t start = first ? first->timestamp : stream->start_time == AV_NOPTS_VALUE ? 0 : stream->start_time;
  // Formats without an index of their own find a time by guessing; their first byte is sure.
  bool by_byte = !has_index() && !first && !(input_->iformat->flags & AVFMT_NO_BYTE_SEEK);
  if (by_byte && av_seek_frame(input_.get(), -1, 0, AVSEEK_FLAG_BYTE) >= 0) return 0;
  return av_seek_frame(input_.get(), stream_, start, AVSEEK_FLAG_BACKWARD);
}

double Demuxer::frames_per_second() const noexcept {
  AVRational rate = stream().avg_frame_rate;
  if (rate.num <= 0 || rate.den <= 0) rate = stream().r_frame_rate;
  return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
}

std::optional<std::uint64_t> Demuxer::pictures() const {
  // AVI counts fields, others do not count at all, and a fragmented MP4's index grows while it is read.
  if (!has_index() || stream().nb_frames <= 0) return std::nullopt;
  std::uint64_t shown = 0;
  auto* indexed = input_->streams[stream_];
  for (int i = 0, n = avformat_index_get_entries_count(indexed); i < n; ++i) {
    // Edit lists hide pictures that are needed for decoding only.
    if (!(avformat_index_get_entry(indexed, i)->flags & AVINDEX_DISCARD_FRAME)) ++shown;
  }
  return shown;
}

std::optional<std::string> Demuxer::early_end(int code) const {
  if (stalled_) return fmt::format("nothing came for {:g} s", to_seconds(options_.silence));
  // A file whose end is missing ends like any other: FFmpeg reports the end of the file and no error. Only the index
  // knows that there should have been more.
  if (asked_too_much_ != 0) return "a part of it claims to be larger than any picture";
  if (code != AVERROR_EOF) return av_error_text(code);
  auto promised = static_cast<std::uint64_t>(avformat_index_get_entries_count(input_->streams[stream_]));
  if (cut_ || (has_index() && packets_ < promised) || is_cut_file()) return "the file is cut off";
  return std::nullopt;
}

bool Demuxer::is_cut_file() const { return !remote_ && !pipe_ && is_cut_off(path_of(spec_), input_->iformat->name); }

}  // namespace inflight::media
