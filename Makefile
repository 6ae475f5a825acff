# kclust: `make help` lists the targets.
VERSION := 0.1.0
PREFIX ?= /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DATADIR = $(PREFIX)/share

CC ?= gcc
# B is where objects go; the sanitizer and clang builds set their own.
B ?= build/release
OPT ?= -O3 -g
SAN ?=
WERROR ?=
WARN = -Wall -Wextra -Wshadow -Wconversion $(WERROR)
# No -ffast-math, and no contraction: the same bytes from every compiler. (The two -fno- flags change no value: they let
# the compiler vectorise loops with square roots and conditions.)
KC_CFLAGS = -std=c11 $(OPT) $(WARN) $(SAN) -fPIE -ffp-contract=off -fno-math-errno -fno-trapping-math -pthread
KC_CPPFLAGS = -Isrc -D_GNU_SOURCE -DKC_VERSION='"$(VERSION)"' -D_FORTIFY_SOURCE=2
KC_LDFLAGS = $(SAN) -pie -pthread -Wl,-z,relro,-z,now
KC_LIBS = -lz -lzstd -lm

LIB_SRC := $(sort $(wildcard src/base/*.c src/par/*.c src/la/*.c src/in/*.c src/core/*.c src/model/*.c src/out/*.c src/job/*.c))
CLI_SRC := $(sort $(wildcard src/cli/*.c))
REF_SRC := $(sort $(wildcard src/core/ref/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))

LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ = $(CLI_SRC:%.c=$(B)/%.o)
TEST_OBJ = $(UNIT_SRC:%.c=$(B)/%.o) $(REF_SRC:%.c=$(B)/%.o)

all: kclust

kclust: $(B)/kclust
	@cp -f $< $@.tmp && mv -f $@.tmp $@

$(B)/kclust: $(CLI_OBJ) $(B)/libkclust.a
	$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) -o $@ $^ $(KC_LIBS)

$(B)/libkclust.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcsD $@ $^

$(B)/unit: $(TEST_OBJ) $(B)/libkclust.a
	$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) -o $@ $^ $(KC_LIBS)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(KC_CPPFLAGS) $(CPPFLAGS) $(KC_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_OBJ:.o=.d)

clean:
	rm -rf build kclust

.PHONY: all clean
