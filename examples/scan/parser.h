/* parser.h - counts what is in a C source, fed piece by piece: a state machine over bytes, no preprocessing. Functions are counted
   by shape (a call-like statement at file level), which is right for most code and roughly right for headers full of macros. */
#ifndef SCAN_PARSER_H
#define SCAN_PARSER_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LINES, COMMENTS, FUNCTIONS, MACROS, INCLUDES, KINDS };
typedef struct counts { uint32_t of[KINDS]; } counts;

typedef struct parser {
    enum { CODE, LINE_COMMENT, BLOCK_COMMENT, STRING, CHARACTER } state;
    char last, last_visible;                  /* the byte before; the last one that is neither blank nor comment */
    char word[9], word_length, word_open;     /* the first word of a statement, or of a directive */
    char directive, called, assigned, escape; /* of the statement or line at hand */
    int depth;                                /* of braces */
    counts found;
    char buffer[16384]; /* for the reader */
} parser;

static void parser_start(parser *p) { memset(p, 0, offsetof(parser, buffer)); }

static void start_statement(parser *p) {
    p->called = p->assigned = p->word_length = p->word_open = 0;
    p->word[0] = 0;
}
static int is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
static void feed_first_word(parser *p, char c) {
    if (is_word(c) && p->word_length < 8 && (p->word_open || p->word_length == 0)) {
        p->word_open = 1;
        p->word[(int)p->word_length++] = c;
        p->word[(int)p->word_length] = 0;
    } else if (p->word_open && !is_word(c)) {
        p->word_open = 0;
        if (p->directive && strcmp(p->word, "define") == 0) p->found.of[MACROS]++;
        if (p->directive && strcmp(p->word, "include") == 0) p->found.of[INCLUDES]++;
    }
}
static void feed_statement(parser *p, char c) {
    int counts_as_function = p->called && !p->assigned && strcmp(p->word, "typedef") != 0;
    if (c == '(' && is_word(p->last_visible)) p->called = 1;
    if (c == '=') p->assigned = 1;
    if (c != '{' && c != '}' && c != ';') return;
    if (c != '}' && p->depth == 0 && counts_as_function) p->found.of[FUNCTIONS]++;
    if (c == '{' && (p->depth > 0 || p->last_visible != '"')) p->depth++; /* extern "C" { opens nothing */
    if (c == '}' && p->depth > 0) p->depth--;
    start_statement(p);
}
static void feed_code(parser *p, char c) {
    if (c == '*' && p->last == '/') p->state = BLOCK_COMMENT;
    if (c == '/' && p->last == '/') p->state = LINE_COMMENT;
    if (c == '"') p->state = STRING;
    if (c == '\'' && !is_word(p->last)) p->state = CHARACTER; /* 1'000 is a number */
    if (c == '#' && !p->directive && (p->last_visible == '\n' || p->last_visible == 0)) {
        start_statement(p);
        p->directive = 1;
        return;
    }
    feed_first_word(p, c);
    if (c == '\n' && p->directive && p->last != '\\') {
        p->directive = 0;
        start_statement(p);
    } else if (!p->directive) {
        feed_statement(p, c);
    }
}
static void feed_literal(parser *p, char c, char end) {
    if (c == end && !p->escape) p->state = CODE;
    p->escape = c == '\\' && !p->escape;
}
static void end_line(parser *p) {
    p->found.of[LINES]++;
    if (p->state == BLOCK_COMMENT || (p->state != CODE && p->last == '\\')) return;
    if (p->state == LINE_COMMENT) p->found.of[COMMENTS]++;
    p->state = CODE; /* an apostrophe in an #error ends with its line */
    p->escape = 0;
}
static void parser_feed(parser *p, const char *text, size_t length) {
    const char *end = text + length;
    for (; text < end; text++) {
        char c = *text;
        if (c == '\n') end_line(p);
        if (p->state == CODE) {
            feed_code(p, c);
            if (p->state == BLOCK_COMMENT) c = ' '; /* the star that opens a comment does not close it */
        } else if (p->state == STRING || p->state == CHARACTER) {
            feed_literal(p, c, p->state == STRING ? '"' : '\'');
        } else if (p->state == BLOCK_COMMENT && c == '/' && p->last == '*') {
            p->state = CODE;
            p->found.of[COMMENTS]++;
            c = ' '; /* the slash that closes a comment opens no other */
        }
        if (c == '\n' || (p->state == CODE && c != ' ' && c != '\t' && c != '\r')) p->last_visible = c;
        p->last = c;
    }
}
#endif
