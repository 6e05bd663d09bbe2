/* synchronous - lines to a file in build/bench, each written before the call returns (write) or held back by whoever writes
   (buffered). All lines have date, level, place and one message: an integer and a string, or these and a double.

   floor: write(2) of the line as perfkit makes it, made before; buffered, the same line into a buffer of 64 KB and that to write(2).
   fprintf: has no date, level or place. spdlog: its default form, which is its fastest. */
#define PERFKIT_LOG_NAME "net"
#include "../../../perfkit_log.h"

#include "../contest.hpp"
#include "themes.hpp"
#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

namespace {

constexpr int lines = 20000;
const char *const peer_name = "10.20.30.40";
std::string place(const std::string &name) { return "build/bench/log-" + name + ".txt"; }

/* ---- A file: emptied before each round, and what is in it looked at after it ---- */

class target {
  public:
    explicit target(const std::string &name)
        : path_(place(name)), fd_(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644)) {
        if (fd_ < 0) bench::complain("cannot write " + path_);
    }
    target(const target &) = delete;
    target &operator=(const target &) = delete;
    ~target() {
        close(fd_);
        unlink(path_.c_str());
    }
    int fd() const { return fd_; }
    const std::string &path() const { return path_; }
    void empty() {
        if (ftruncate(fd_, 0) != 0) bench::complain("cannot empty " + path_);
    }
    void check() const {
        std::ifstream in(path_);
        std::string line, last;
        int count = 0;
        for (; std::getline(in, line); count++) last = line;
        if (count != lines || last.find("request 19999 of 10.20.30.40") == std::string::npos)
            bench::complain(path_ + " has " + std::to_string(count) + " lines, the last: " + last);
    }

  private:
    std::string path_;
    int fd_;
};
/* Nanoseconds a line: `each` for all of them, then `end`. The first round is looked at. */
template <class Each, class End> double time_lines(target &file, bool &checked, Each each, End end) {
    file.empty();
    double start = bench::thread_ns();
    for (int i = 0; i < lines; i++) each(i);
    end();
    double spent = bench::thread_ns() - start;
    if (!checked) file.check();
    checked = true;
    return spent / lines;
}

/* ---- Ours ---- */

/* A logger with one sink. */
class ours {
  public:
    ours(const std::string &name, pk_log_sink_fn sink, bool stdio, int form = PK_LOG_TEXT) : file_(name) {
        pk_log_desc desc = {};
        if (stdio) stream_ = fdopen(dup(file_.fd()), "a");
        desc.sink = sink;
        desc.sink_user = stdio ? static_cast<void *>(stream_) : reinterpret_cast<void *>(static_cast<intptr_t>(file_.fd()));
        if (sink == pk_log_to_buffer) {
            pk_log_buffer_desc buffer = {};
            memory_.resize(65536);
            buffer.memory = memory_.data();
            buffer.size = memory_.size();
            buffer.user = desc.sink_user;
            if (pk_log_buffer_init(&buffer_, &buffer) != PK_OK) bench::complain("pk_log_buffer_init fails");
            desc.sink_user = &buffer_;
        }
        desc.level = PK_LOG_INFO;
        desc.threads = true;
        if (pk_log_init(&log_, &desc) != PK_OK) bench::complain("pk_log_init fails");
        if (pk_log_set_form(&log_, sink, desc.sink_user, form) != PK_OK) bench::complain("no such form");
    }
    ours(const ours &) = delete;
    ours &operator=(const ours &) = delete;
    ~ours() {
        if (pk_log_close(&log_) != PK_OK) bench::complain("pk_log_close fails");
        if (stream_) fclose(stream_);
    }
    double integers() {
        return time_lines(
            file_, checked_, [&](int i) { PK_LOG_TO(&log_, PK_LOG_INFO, "request %d of %s", i, peer_name); }, [&] { end(); });
    }
    double with_double() {
        return time_lines(
            file_, checked_,
            [&](int i) { PK_LOG_TO(&log_, PK_LOG_INFO, "request %d of %s took %.3f ms", i, peer_name, i * 0.0123); },
            [&] { end(); });
    }
    double fields() {
        return time_lines(
            file_, checked_,
            [&](int i) {
                PK_LOG_KV_TO(&log_, PK_LOG_INFO, "request 19999 of 10.20.30.40", PK_KV_I("id", i), PK_KV_S("peer", peer_name),
                             PK_KV_D("ms", i * 0.0123));
            },
            [&] { end(); });
    }

  private:
    void end() {
        if (pk_log_flush(&log_) != PK_OK) bench::complain("pk_log_flush fails");
    }
    target file_;
    FILE *stream_ = nullptr;
    std::vector<char> memory_;
    pk_log_buffer buffer_;
    pk_log log_;
    bool checked_ = false;
};
contest::maker of_ours(const std::string &name, pk_log_sink_fn sink, bool stdio, double (ours::*run)(),
                       int form = PK_LOG_TEXT) {
    return [=]() -> std::function<double()> {
        auto o = std::make_shared<ours>(name, sink, stdio, form);
        return [=] { return (*o.*run)(); };
    };
}

/* ---- The floor ---- */

std::string ready_line(bool with_double) {
    return std::string("2026-01-02T03:04:05.678Z INFO  net synchronous.cpp:91 request 19999 of 10.20.30.40") +
           (with_double ? " took 123.456 ms\n" : "\n");
}
contest::maker bare(bool with_double, bool buffered) {
    return [=]() -> std::function<double()> {
        auto file = std::make_shared<target>("floor");
        auto checked = std::make_shared<bool>(false);
        auto line = std::make_shared<std::string>(ready_line(with_double));
        auto buffer = std::make_shared<std::vector<char>>(65536);
        return [=] {
            size_t used = 0;
            auto out = [&](const char *text, size_t length) {
                if (write(file->fd(), text, length) != static_cast<ssize_t>(length)) bench::complain("write fails");
            };
            return time_lines(
                *file, *checked,
                [&](int) {
                    if (!buffered) return out(line->data(), line->size());
                    if (used + line->size() > buffer->size()) out(buffer->data(), used), used = 0;
                    std::memcpy(buffer->data() + used, line->data(), line->size());
                    used += line->size();
                },
                [&] {
                    if (used) out(buffer->data(), used);
                });
        };
    };
}

/* ---- Peers ---- */

contest::maker with_fprintf(bool with_double, bool flush) {
    return [=]() -> std::function<double()> {
        auto file = std::make_shared<target>("fprintf");
        auto checked = std::make_shared<bool>(false);
        std::shared_ptr<FILE> stream(fdopen(dup(file->fd()), "a"), fclose);
        return [=] {
            return time_lines(
                *file, *checked,
                [&](int i) {
                    if (with_double)
                        fprintf(stream.get(), "request %d of %s took %.3f ms\n", i, peer_name, i * 0.0123);
                    else
                        fprintf(stream.get(), "request %d of %s\n", i, peer_name);
                    if (flush) fflush(stream.get());
                },
                [&] { fflush(stream.get()); });
        };
    };
}
contest::maker with_spdlog(bool with_double, bool flush) {
    return [=]() -> std::function<double()> {
        auto file = std::make_shared<target>("spdlog");
        auto checked = std::make_shared<bool>(false);
        auto logger =
            std::make_shared<spdlog::logger>("net", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file->path()));
        if (flush) logger->flush_on(spdlog::level::info);
        return [=] {
            return time_lines(
                *file, *checked,
                [&](int i) {
                    if (with_double)
                        SPDLOG_LOGGER_INFO(logger, "request {} of {} took {:.3f} ms", i, peer_name, i * 0.0123);
                    else
                        SPDLOG_LOGGER_INFO(logger, "request {} of {}", i, peer_name);
                },
                [&] { logger->flush(); });
        };
    };
}
} // namespace

void synchronous(bench::report &report, bool goals_only) {
    for (bool with_double : {false, true}) {
        auto run = with_double ? &ours::with_double : &ours::integers;
        const std::string what = with_double ? "int-string-double" : "int-string";
        contest w(report, goals_only, "log/file/write/" + what);
        w.floor("write(2)", bare(with_double, false)).peer("spdlog+flush", with_spdlog(with_double, true));
        w.peer("fprintf+fflush", with_fprintf(with_double, true)).ours("fd", of_ours("fd", pk_log_to_fd, false, run));
        if (with_double) w.ours("fields", of_ours("fields", pk_log_to_fd, false, &ours::fields));
        if (with_double) w.ours("fields-json", of_ours("json", pk_log_to_fd, false, &ours::fields, PK_LOG_JSON));
        w.row("fd", "ratio>=1/0.65,floor_ratio<=1.25", "spdlog+flush").row("fd", "", "fprintf+fflush");
        if (with_double) w.row("fields", "", "spdlog+flush").row("fields-json", "", "spdlog+flush");
        w.measure();

        contest b(report, goals_only, "log/file/buffered/" + what);
        b.floor("memcpy", bare(with_double, true))
            .peer("spdlog", with_spdlog(with_double, false))
            .peer("fprintf", with_fprintf(with_double, false));
        b.ours("FILE", of_ours("FILE", pk_log_to_file, true, run));
        b.ours("buffer", of_ours("buffer", pk_log_to_buffer, false, run));
        b.row("buffer", "ratio>=1/0.5", "spdlog")
            .row("buffer", "", "fprintf")
            .row("FILE", "", "spdlog")
            .row("FILE", "", "fprintf");
        b.measure();
    }
}
