/* peers.hpp - LRU caches as good as they can be made of what Debian has: memory reserved, nodes allocated beforehand and
   used again, nothing looked up twice where it can be helped, values read where they lie. None has times to live or counters.

   Each has get(key): the value, now the most recent, or NULL; and put(key, value). */
#ifndef BENCH_PEERS_HPP
#define BENCH_PEERS_HPP

#include "shapes.h"
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <glib.h>
#include <list>
#include <unordered_map>
#include <uthash.h>
#include <vector>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define STB_DS_IMPLEMENTATION
#include <stb/stb_ds.h>
#pragma GCC diagnostic pop

inline bool operator==(const bench_key32 &a, const bench_key32 &b) { return std::memcmp(&a, &b, sizeof a) == 0; }
template <class H> H AbslHashValue(H h, const bench_key32 &k) {
    return H::combine(std::move(h), k.word[0], k.word[1], k.word[2], k.word[3]);
}

namespace peers {

/* An intrusive list over nodes allocated in one piece. */
template <class Key> struct node {
    node *prev, *next;
    Key key;
    bench_value value;
};
template <class Node> class ring {
  public:
    ring() { end_.prev = end_.next = &end_; }
    ring(const ring &) = delete;
    ring &operator=(const ring &) = delete;
    Node *oldest() { return end_.prev; }
    void remove(Node *n) {
        n->prev->next = n->next;
        n->next->prev = n->prev;
    }
    void push(Node *n) {
        n->prev = &end_;
        n->next = end_.next;
        end_.next->prev = n;
        end_.next = n;
    }
    void use(Node *n) {
        if (end_.next == n) return;
        remove(n);
        push(n);
    }

  private:
    Node end_;
};
template <class Node> class nodes { /* fresh ones first, then whatever is the oldest */
  public:
    explicit nodes(size_t n) : all_(n) {}
    Node *fresh() { return used_ < all_.size() ? &all_[used_++] : nullptr; }

  private:
    std::vector<Node> all_;
    size_t used_ = 0;
};

/* Keys in the table: a lookup reads control bytes, slot and node, and a miss seldom more than the control bytes. */
template <class Key> class absl_map {
  public:
    explicit absl_map(size_t n) : nodes_(n) { map_.reserve(n + 1); }
    const bench_value *get(const Key &key) {
        auto it = map_.find(key);
        if (it == map_.end()) return nullptr;
        ring_.use(it->second);
        return &it->second->value;
    }
    void put(const Key &key, const bench_value &value) {
        auto slot = map_.try_emplace(key, nullptr);
        node<Key> *n = slot.first->second;
        if (!slot.second) {
            ring_.use(n);
        } else {
            n = nodes_.fresh();
            if (!n) {
                n = ring_.oldest();
                ring_.remove(n);
                map_.erase(n->key);
            }
            slot.first->second = n;
            n->key = key;
            ring_.push(n);
        }
        n->value = value;
    }

  private:
    nodes<node<Key>> nodes_;
    ring<node<Key>> ring_;
    absl::flat_hash_map<Key, node<Key> *> map_;
};

/* For sets of what stands for a node, which node_of(handle) gives: hash and equality of it and of keys. */
template <class Key, class Handle, class NodeOf> struct by_key : NodeOf {
    using is_transparent = void;
    explicit by_key(NodeOf of = {}) : NodeOf(of) {}
    size_t operator()(const Key &key) const { return absl::Hash<Key>{}(key); }
    size_t operator()(Handle n) const { return absl::Hash<Key>{}(this->node_of(n).key); }
    bool operator()(Handle a, Handle b) const { return a == b || this->node_of(a).key == this->node_of(b).key; }
    bool operator()(Handle a, const Key &key) const { return this->node_of(a).key == key; }
    bool operator()(const Key &key, Handle b) const { return key == this->node_of(b).key; }
};

/* Only pointers in the table, half the size or less: the key is compared in the node, which is read anyway. */
template <class Key> class absl_set {
  public:
    explicit absl_set(size_t n) : nodes_(n + 1) {
        set_.reserve(n + 1);
        spare_ = nodes_.fresh();
    }
    const bench_value *get(const Key &key) {
        auto it = set_.find(key);
        if (it == set_.end()) return nullptr;
        ring_.use(*it);
        return &(*it)->value;
    }
    void put(const Key &key, const bench_value &value) {
        bool fresh = false;
        node<Key> *n = spare_;
        auto it = set_.lazy_emplace(key, [&](const typename table::constructor &construct) {
            fresh = true;
            n->key = key;
            construct(n);
        });
        if (!fresh) {
            n = *it;
            ring_.use(n);
        } else {
            spare_ = nodes_.fresh();
            if (!spare_) {
                spare_ = ring_.oldest();
                ring_.remove(spare_);
                set_.erase(spare_->key);
            }
            ring_.push(n);
        }
        n->value = value;
    }

  private:
    struct pointed_to {
        const node<Key> &node_of(const node<Key> *n) const { return *n; }
    };
    using by = by_key<Key, const node<Key> *, pointed_to>;
    using table = absl::flat_hash_set<node<Key> *, by, by>;
    nodes<node<Key>> nodes_;
    node<Key> *spare_;
    ring<node<Key>> ring_;
    table set_;
};

/* Only 4-byte numbers of nodes in the table, and in the nodes' links: a quarter of the table, and 80 B a node. */
template <class Key> class absl_numbers {
  public:
    explicit absl_numbers(size_t n) : nodes_(n + 2), set_(0, by(numbered{nodes_.data()}), by(numbered{nodes_.data()})), capacity_(n) {
        set_.reserve(n + 1);
    }
    absl_numbers(const absl_numbers &) = delete;
    absl_numbers &operator=(const absl_numbers &) = delete;
    const bench_value *get(const Key &key) {
        auto it = set_.find(key);
        if (it == set_.end()) return nullptr;
        use(*it);
        return &nodes_[*it].value;
    }
    void put(const Key &key, const bench_value &value) {
        bool fresh = false;
        uint32_t n = spare_;
        auto it = set_.lazy_emplace(key, [&](const typename table::constructor &construct) {
            fresh = true;
            nodes_[n].key = key;
            construct(n);
        });
        if (!fresh) {
            n = *it;
            use(n);
        } else {
            if (used_ <= capacity_) {
                spare_ = ++used_;
            } else {
                spare_ = nodes_[0].prev;
                remove(spare_);
                set_.erase(nodes_[spare_].key);
            }
            push(n);
        }
        nodes_[n].value = value;
    }

  private:
    struct item {
        uint32_t prev = 0, next = 0;
        Key key;
        bench_value value;
    };
    struct numbered {
        const item *all;
        const item &node_of(uint32_t n) const { return all[n]; }
    };
    using by = by_key<Key, uint32_t, numbered>;
    using table = absl::flat_hash_set<uint32_t, by, by>;
    void remove(uint32_t n) {
        nodes_[nodes_[n].prev].next = nodes_[n].next;
        nodes_[nodes_[n].next].prev = nodes_[n].prev;
    }
    void push(uint32_t n) {
        uint32_t first = nodes_[0].next;
        nodes_[n].prev = 0;
        nodes_[n].next = first;
        nodes_[first].prev = n;
        nodes_[0].next = n;
    }
    void use(uint32_t n) {
        if (nodes_[n].prev == 0) return;
        remove(n);
        push(n);
    }
    std::vector<item> nodes_; /* number 0 is the end of the list */
    table set_;
    size_t capacity_;
    uint32_t spare_ = 1, used_ = 1; /* the spare one is used, too */
};

template <class Key> class boost_multi_index {
  public:
    explicit boost_multi_index(size_t n) : capacity_(n) { by_key().reserve(n); }
    const bench_value *get(const Key &key) {
        auto it = by_key().find(key);
        if (it == by_key().end()) return nullptr;
        all_.relocate(all_.begin(), all_.template project<0>(it));
        return &it->value;
    }
    void put(const Key &key, const bench_value &value) {
        auto it = by_key().find(key);
        if (it != by_key().end()) {
            it->value = value;
            all_.relocate(all_.begin(), all_.template project<0>(it));
        } else if (all_.size() < capacity_) {
            all_.push_front(item{key, value});
        } else { /* the oldest node takes the new key: nothing is allocated or freed */
            auto oldest = std::prev(all_.end());
            all_.modify(oldest, [&](item &i) {
                i.key = key;
                i.value = value;
            });
            all_.relocate(all_.begin(), oldest);
        }
    }

  private:
    struct item {
        Key key;
        mutable bench_value value;
    };
    using container = boost::multi_index_container<
        item, boost::multi_index::indexed_by<
                  boost::multi_index::sequenced<>,
                  boost::multi_index::hashed_unique<boost::multi_index::member<item, Key, &item::key>, absl::Hash<Key>>>>;
    typename container::template nth_index<1>::type &by_key() { return all_.template get<1>(); }
    size_t capacity_;
    container all_;
};

template <class Key> class std_list {
  public:
    explicit std_list(size_t n) : capacity_(n) { map_.reserve(n); }
    const bench_value *get(const Key &key) {
        auto it = map_.find(key);
        if (it == map_.end()) return nullptr;
        order_.splice(order_.begin(), order_, it->second);
        return &it->second->second;
    }
    void put(const Key &key, const bench_value &value) {
        auto it = map_.find(key);
        if (it != map_.end()) {
            order_.splice(order_.begin(), order_, it->second);
            it->second->second = value;
        } else if (order_.size() < capacity_) {
            order_.emplace_front(key, value);
            map_.emplace(key, order_.begin());
        } else { /* both nodes are used again */
            auto handle = map_.extract(order_.back().first);
            order_.splice(order_.begin(), order_, std::prev(order_.end()));
            order_.front() = {key, value};
            handle.key() = key;
            map_.insert(std::move(handle));
        }
    }

  private:
    using list = std::list<std::pair<Key, bench_value>>;
    size_t capacity_;
    list order_;
    std::unordered_map<Key, typename list::iterator, absl::Hash<Key>> map_;
};

/* GHashTable from the key in a node to the node; GQueue over links in the nodes. */
class glib_queue {
  public:
    explicit glib_queue(size_t n) : nodes_(n), table_(g_hash_table_new(g_int64_hash, g_int64_equal)) { g_queue_init(&queue_); }
    glib_queue(const glib_queue &) = delete;
    glib_queue &operator=(const glib_queue &) = delete;
    ~glib_queue() { g_hash_table_destroy(table_); }
    const bench_value *get(const uint64_t &key) {
        item *n = static_cast<item *>(g_hash_table_lookup(table_, &key));
        if (!n) return nullptr;
        use(n);
        return &n->value;
    }
    void put(const uint64_t &key, const bench_value &value) {
        item *n = static_cast<item *>(g_hash_table_lookup(table_, &key));
        if (n) {
            use(n);
        } else {
            n = nodes_.fresh();
            if (!n) {
                GList *oldest = g_queue_pop_tail_link(&queue_);
                n = static_cast<item *>(oldest->data);
                g_hash_table_remove(table_, &n->key);
            }
            n->key = key;
            n->link.data = n;
            g_queue_push_head_link(&queue_, &n->link);
            g_hash_table_insert(table_, &n->key, n);
        }
        n->value = value;
    }

  private:
    struct item {
        GList link;
        uint64_t key;
        bench_value value;
    };
    void use(item *n) {
        g_queue_unlink(&queue_, &n->link);
        g_queue_push_head_link(&queue_, &n->link);
    }
    nodes<item> nodes_;
    GHashTable *table_;
    GQueue queue_;
};

/* A table that finds nodes, and a list of them. */
template <class Table> class listed {
  public:
    explicit listed(size_t n) : nodes_(n) {}
    const bench_value *get(const uint64_t &key) {
        auto *n = table_.find(key);
        if (!n) return nullptr;
        ring_.use(n);
        return &n->value;
    }
    void put(const uint64_t &key, const bench_value &value) {
        auto *n = table_.find(key);
        if (n) {
            ring_.use(n);
        } else {
            n = nodes_.fresh();
            if (!n) {
                n = ring_.oldest();
                ring_.remove(n);
                table_.remove(n);
            }
            n->key = key;
            table_.add(n);
            ring_.push(n);
        }
        n->value = value;
    }

  private:
    nodes<typename Table::item> nodes_;
    ring<typename Table::item> ring_;
    Table table_;
};
class uthash_table {
  public:
    struct item {
        item *prev, *next;
        uint64_t key;
        bench_value value;
        UT_hash_handle hh;
    };
    uthash_table() = default;
    uthash_table(const uthash_table &) = delete;
    uthash_table &operator=(const uthash_table &) = delete;
    ~uthash_table() { HASH_CLEAR(hh, head_); }
    item *find(const uint64_t &key) {
        item *n;
        HASH_FIND(hh, head_, &key, sizeof key, n);
        return n;
    }
    void add(item *n) { HASH_ADD(hh, head_, key, sizeof n->key, n); }
    void remove(item *n) { HASH_DELETE(hh, head_, n); }

  private:
    item *head_ = nullptr;
};
class stb_table {
  public:
    using item = node<uint64_t>;
    stb_table() = default;
    stb_table(const stb_table &) = delete;
    stb_table &operator=(const stb_table &) = delete;
    ~stb_table() { hmfree(map_); }
    item *find(const uint64_t &key) {
        slot *s = hmgetp_null(map_, key);
        return s ? s->value : nullptr;
    }
    void add(item *n) { hmput(map_, n->key, n); }
    void remove(item *n) { (void)hmdel(map_, n->key); }

  private:
    struct slot {
        uint64_t key;
        item *value;
    };
    slot *map_ = nullptr;
};
using uthash_list = listed<uthash_table>;
using stb_list = listed<stb_table>;

/* What a first version looks like: a map, and on a put into the full cache a look at every entry for the oldest. */
class naive {
  public:
    explicit naive(size_t n) : all_(n) {}
    const bench_value *get(const uint64_t &key) {
        auto it = map_.find(key);
        if (it == map_.end()) return nullptr;
        all_[it->second].used = ++now_;
        return &all_[it->second].value;
    }
    void put(const uint64_t &key, const bench_value &value) {
        size_t at = 0;
        auto it = map_.find(key);
        if (it != map_.end()) {
            at = it->second;
        } else {
            if (map_.size() < all_.size()) {
                at = map_.size();
            } else {
                for (size_t i = 1; i < all_.size(); i++)
                    if (all_[i].used < all_[at].used) at = i;
                map_.erase(all_[at].key);
            }
            map_.emplace(key, at);
        }
        all_[at] = {++now_, key, value};
    }

  private:
    struct item {
        uint64_t used, key;
        bench_value value;
    };
    std::vector<item> all_;
    uint64_t now_ = 0;
    std::unordered_map<uint64_t, size_t> map_;
};

} // namespace peers
#endif
