/* contest.hpp - one case: the floor, the forms of ours and the peers in turn, over the same streams; a row for each form. */
#ifndef BENCH_CONTEST_HPP
#define BENCH_CONTEST_HPP
#include "bench.hpp"

constexpr int rounds = 7;

class contest {
  public:
    /* `make` sets a contestant up and gives what runs it once; it is called only if a row is wanted. */
    using maker = std::function<std::function<double()>()>;
    contest(bench::report &report, bool goals_only, const std::string &name)
        : report_(report), goals_only_(goals_only), name_(name) {}
    contest &floor(const std::string &name, maker make) { return add(name, std::move(make), 'f'); }
    contest &peer(const std::string &name, maker make) { return add(name, std::move(make), 'p'); }
    /* One that does less than the others: shown, never the best. */
    contest &aside(const std::string &name, maker make) { return add(name, std::move(make), 'a'); }
    contest &ours(const std::string &name, maker make) { return add(name, std::move(make), 'o'); }
    /* A row of that form of ours: beside its best peer, or beside `against`. */
    contest &row(const std::string &form, const std::string &goal = "", const std::string &against = "") {
        std::string name = name_ + "/" + form + (against.empty() ? "" : "/vs-" + against);
        if (report_.wanted(name) && !(goals_only_ && goal.empty())) rows_.push_back({name, form, goal, against});
        return *this;
    }
    void measure() {
        if (rows_.empty()) return;
        std::vector<bench::contestant> all;
        for (entrant &e : entrants_) all.push_back({e.name, e.make(), {}});
        bench::interleave(all, rounds);
        for (size_t i = 0; i < all.size(); i++) {
            entrants_[i].ns = all[i].median();
            entrants_[i].spread = bench::spread(all[i].samples);
        }
        if (const entrant *floor = best('f')) report_.noise(floor->spread);
        for (const wanted_row &r : rows_) print(r);
        print_peers();
    }

  private:
    struct entrant {
        std::string name;
        maker make;
        char kind;
        double ns, spread;
    };
    struct wanted_row {
        std::string name, form, goal, against;
    };
    contest &add(const std::string &name, maker make, char kind) {
        entrants_.push_back({name, std::move(make), kind, 0, 0});
        return *this;
    }
    const entrant *find(const std::string &name) const {
        for (const entrant &e : entrants_)
            if (e.name == name) return &e;
        return nullptr;
    }
    const entrant *best(char kind) const {
        const entrant *found = nullptr;
        for (const entrant &e : entrants_)
            if (e.kind == kind && (!found || e.ns < found->ns)) found = &e;
        return found;
    }
    void print(const wanted_row &r) {
        const entrant *e = find(r.form), *peer = r.against.empty() ? best('p') : find(r.against), *floor = best('f');
        if (!e || (!peer && !r.against.empty())) return bench::complain(r.name + ": nobody of that name");
        bench::row row(r.name);
        row.number("ours", e->ns, 2).text("unit", "ns");
        if (peer) row.number("best", peer->ns, 2).text("peer", peer->name).number("ratio", peer->ns / e->ns, 3);
        if (floor) row.number("floor", floor->ns, 2).number("floor_ratio", e->ns / floor->ns, 3).number("noise", floor->spread);
        report_.add(row.goal(r.goal));
    }
    void print_peers() {
        std::string name = name_ + "/peers";
        if (goals_only_ || !report_.wanted(name) || !(best('p') || best('a'))) return;
        bench::row row(name);
        row.text("unit", "ns");
        for (const entrant &e : entrants_)
            if (e.kind == 'p' || e.kind == 'a') row.number(e.name, e.ns, 2);
        report_.add(row);
    }
    bench::report &report_;
    bool goals_only_;
    std::string name_;
    std::vector<entrant> entrants_;
    std::vector<wanted_row> rows_;
};
#endif
