/* log - time of perfkit_log.h beside spdlog, fprintf and bare write(2), and beside the least that any has to do.

   log/disabled/…          a call of a level that is off, above an empty loop: disabled.cpp
   log/file/…              lines to a file, nanoseconds of the thread's processor time for each: synchronous.cpp
   log/deferred/…          calls that leave a record, and drains: deferred.cpp
   perf/…                  timers, histograms and counters: perf.cpp
   program/…               a whole program: logging compiled out, at WARN, and with the perf channel on: program.cpp

   A second thread that sleeps is there from the start: without it glibc would leave out its locks. `best` is the fastest peer of the row,
   or the named one in rows called vs-…; a goal like ratio>=1/0.65 says that ours takes at most 0.65 times the peer's time. */
#include "themes.hpp"

namespace {
/* Is there until the program ends. */
void start_idle_thread() {
    std::thread([] {
        for (;;) pause();
    }).detach();
}
} // namespace

int main(int argc, char **argv) {
    bench::small_pages_for_all();
    std::vector<std::string> words;
    bool goals_only = false;
    for (int i = 1; i < argc; i++) {
        if (std::string(argv[i]) == "--goals-only")
            goals_only = true;
        else
            words.push_back(argv[i]);
    }
    bench::report report("log", words);
    start_idle_thread();
    bench::pin(0);
    disabled(report);
    synchronous(report, goals_only);
    deferred(report, goals_only);
    perf(report, goals_only);
    program(report);
    return report.end();
}
