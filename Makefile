# kclust: `make help` lists the targets.
VERSION := 0.2.0
PREFIX ?= /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc
# Where kclust.cgi goes, into a folder kclust: GNU's default would be libexec, Debian's is lib.
LIBEXECDIR = $(PREFIX)/lib
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

CC ?= gcc
# B is where objects go; the sanitizer and clang builds set their own.
B ?= build/release
OPT ?= -O3 -g
SAN ?=
WERROR ?=
WARN = -Wall -Wextra -Wshadow -Wconversion $(WERROR)
# Against what a defect could be used for: 0.1 % more instructions in a fit, 2 % where short JSON records are read.
# (-fcf-protection would change nothing: it counts only where the C library's start files have it too.)
HARDEN = -fPIE -fstack-protector-strong -fstack-clash-protection
# No path of the machine that built it, so that every machine builds the same bytes.
PREFIX_MAP = -ffile-prefix-map=$(CURDIR)=.
# No -ffast-math, and no contraction: the same bytes from every compiler. (The two -fno- flags change no value: they let
# the compiler vectorise loops with square roots and conditions.)
KC_CFLAGS = -std=c11 $(OPT) $(WARN) $(SAN) $(HARDEN) $(PREFIX_MAP) -ffp-contract=off -fno-math-errno -fno-trapping-math -pthread
# gcc 12 for arm64 fails with an internal error on the largest or smallest of an array by these.
ifneq ($(findstring aarch64,$(shell $(CC) -dumpmachine 2>/dev/null)),)
KC_CFLAGS += -fno-builtin-fmax -fno-builtin-fmin -fno-builtin-fmaxf -fno-builtin-fminf
endif
KC_CPPFLAGS = -Isrc -D_GNU_SOURCE -DKC_VERSION='"$(VERSION)"'
ifeq ($(SAN),)
KC_CPPFLAGS += -D_FORTIFY_SOURCE=2
endif
KC_LDFLAGS = $(SAN) -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack
KC_LIBS = -lz -lzstd -llz4 -lunistring -lm

# Compile $<. Its warnings are shown, and kept beside the object: `make check` fails if there are any. For the tests
# ccache, if it is there, gives the objects that it has compiled before.
compile = $(call say,CC,$<)$(if $(filter $(TESTING),$(MAKECMDGOALS)),$(shell command -v ccache)) $(1) \
  $(KC_CPPFLAGS) $(CPPFLAGS) $(KC_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $< 2>$@.warnings; \
  rc=$$?; if [ -s $@.warnings ]; then cat $@.warnings >&2; else rm -f $@.warnings; fi; exit $$rc

# V=1 shows every command whole; without it a line says what is made.
V ?= 0
ifeq ($(V)$(findstring s,$(firstword -$(MAKEFLAGS))),0)
say = @printf '%-3s %s\n' '$(1)' '$(2)';
else ifeq ($(V),0)
say = @
endif

CLI_SRC := $(sort $(wildcard src/cli/*.c))
REF_SRC := $(sort $(wildcard src/core/ref/*.c))
CGI_SRC := $(sort $(wildcard src/cgi/*.c))
LIB_SRC := $(filter-out $(CLI_SRC) $(REF_SRC) $(CGI_SRC),$(sort $(shell find src -name '*.c')))
UNIT_SRC := $(sort $(shell find tests/unit -name '*.c'))
CGI_PAGE = kclust-cgi.8
PAGES := $(filter-out $(CGI_PAGE),$(notdir $(sort $(wildcard man/*.[1-8]))))

LIB_OBJ = $(LIB_SRC:%.c=$(B)/%.o) $(B)/src/page/assets.o
CLI_OBJ = $(CLI_SRC:%.c=$(B)/%.o)
CGI_OBJ = $(CGI_SRC:%.c=$(B)/%.o) $(B)/src/cgi/openapi.o
TEST_OBJ = $(UNIT_SRC:%.c=$(B)/%.o) $(REF_SRC:%.c=$(B)/%.o)

all: kclust

kclust: $(B)/kclust
	@cp -f $< $@.tmp && mv -f $@.tmp $@

$(B)/kclust: $(CLI_OBJ) $(B)/libkclust.a
	$(call say,LD,$@)$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) -o $@ $^ $(KC_LIBS)

# Clustering as a service, for web servers that run CGI programs; it needs SQLite, which kclust does not.
cgi: kclust.cgi

# The service in a build folder, where SQLite's header is.
with_sqlite = $(if $(shell $(CC) $(CPPFLAGS) -include sqlite3.h -E -x c /dev/null >/dev/null 2>&1 && echo 1),$(1)/kclust.cgi)

kclust.cgi: $(B)/kclust.cgi
	@cp -f $< $@.tmp && mv -f $@.tmp $@

$(B)/kclust.cgi: $(CGI_OBJ) $(B)/libkclust.a
	$(call say,LD,$@)$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) -o $@ $^ -lsqlite3 $(KC_LIBS)

# kclust on several machines, by MPI: the same objects, but a team of ranks. MPICC names the compiler of the MPI.
MPICC ?= mpicc
mpi: kclust-mpi

kclust-mpi: $(B)/$(MPICC)/kclust-mpi FORCE # (that of another MPI may be newer)
	@cmp -s $< $@ || { cp -f $< $@.tmp && mv -f $@.tmp $@; }

$(B)/$(MPICC)/kclust-mpi: $(CLI_OBJ) $(B)/$(MPICC)/team.o $(B)/libkclust.a
	$(call say,LD,$@)$(MPICC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) -o $@ $^ $(KC_LIBS)

$(B)/$(MPICC)/team.o: src/par/team.c Makefile | $(B)/headers
	@mkdir -p $(@D)
	@command -v $(MPICC) >/dev/null || { echo "make: there is no $(MPICC): as root: apt-get install libopenmpi-dev" >&2; exit 1; }
	$(call compile,$(MPICC) -DKC_MPI)
-include $(B)/$(MPICC)/team.d

$(B)/src/cgi/openapi.c: src/cgi/openapi.json Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@){ echo '#include "cgi/cgi.h"'; echo 'const unsigned char cgi_openapi_json[] = {'; \
	  od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '};'; echo 'const size_t cgi_openapi_json_n = sizeof cgi_openapi_json;'; } >$@

$(B)/src/cgi/openapi.o: $(B)/src/cgi/openapi.c | $(B)/headers
	$(call compile,$(CC))

$(B)/libkclust.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcsD $@ $^

# tests/unit/job/short_memory.c makes allocations fail, tests/unit/io/refused.c calls of the system.
UNIT_WRAP = -Wl,--wrap=malloc,--wrap=realloc,--wrap=calloc,--wrap=posix_memalign \
    -Wl,--wrap=open,--wrap=fsync,--wrap=fchown,--wrap=flock
$(B)/unit: $(TEST_OBJ) $(B)/libkclust.a
	$(call say,LD,$@)$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) $(UNIT_WRAP) -o $@ $^ $(KC_LIBS)

# For any Linux of this processor, without debugging information. png.o comes before the library and so takes the place
# of its own, which loads a shared library.
$(B)/kclust-static: $(CLI_OBJ) $(B)/packaging/static/png.o $(B)/libkclust.a
	$(call say,LD,$@)$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS:-pie=-static-pie) $(LDFLAGS) -s -o $@ $^ $(KC_LIBS)
-include $(B)/packaging/static/png.d

# Reports of made-up views, for the tests in a browser.
$(B)/page_sample: $(B)/tests/tools/page_sample.o $(B)/tests/unit/view_util.o $(B)/libkclust.a
	$(call say,LD,$@)$(CC) $(KC_CFLAGS) $(CFLAGS) $(KC_LDFLAGS) $(LDFLAGS) -o $@ $^ $(KC_LIBS)

$(B)/tests/tools/page_sample.o $(UNIT_SRC:%.c=$(B)/%.o): KC_CPPFLAGS += -Itests/unit

$(B)/%.o: %.c Makefile | $(B)/headers
	@mkdir -p $(@D)
	$(call compile,$(CC))

# The style sheet and the script of the report, as arrays of bytes. The parts of the script are put together.
PAGE_CSS = src/page/page.css
PAGE_JS = $(addprefix src/page/,data.js map.js labels.js move.js panel.js table.js page.js)
$(B)/src/page/assets.c: $(PAGE_CSS) $(PAGE_JS) Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@){ bytes() { echo "const unsigned char kc_page_$$1[] = {"; od -An -v -tx1 | sed 's/ \(..\)/0x\1,/g'; \
	  echo "};"; echo "const size_t kc_page_$${1}_n = sizeof kc_page_$$1;"; }; \
	  echo '#include "page/parts.h"'; cat $(PAGE_CSS) | bytes css; cat $(PAGE_JS) | bytes js; } >$@

$(B)/src/page/assets.o: $(B)/src/page/assets.c | $(B)/headers
	$(call compile,$(CC))

# Once for a build folder: what is missing is named before the first file is compiled.
$(B)/headers:
	@mkdir -p $(@D)
	@$(CC) --version >/dev/null 2>&1 || { echo "make: there is no compiler '$(CC)': run 'make deps', or set CC" >&2; exit 1; }
	@missing=; for h in stdio.h:libc6-dev zlib.h:zlib1g-dev zstd.h:libzstd-dev lz4.h:liblz4-dev unicase.h:libunistring-dev; do \
	  echo "#include <$${h%%:*}>" | $(CC) $(CPPFLAGS) $(CFLAGS) -E -x c - >/dev/null 2>&1 || missing="$$missing $${h#*:}"; \
	done; [ -z "$$missing" ] || { \
	  echo "make: headers are missing: run 'make deps', or as root: apt-get install$$missing" >&2; exit 1; }
	@: >$@

# `make deps demo` and `make deps check` install first, also with -j.
ifneq ($(filter deps deps-test deps-packages,$(MAKECMDGOALS)),)
$(B)/headers $(LIB_OBJ) $(CLI_OBJ) $(TEST_OBJ): | $(filter deps deps-test deps-packages,$(MAKECMDGOALS))
endif

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(CGI_OBJ:.o=.d) $(TEST_OBJ:.o=.d)

# Set-up, the main job on the bundled sample, and the tests. `make deps check` installs what the tests need, too. What
# `make packages` needs is large (an emulator, a cross compiler), and so is installed by a target of its own.
TESTING = check check-quick check-all asan ubsan tsan valgrind warnings bench bench-large bench-spaces bench-graph bench-methods bench-choice bench-maps bench-ranks $(TRUST)
deps:
	@bash tests/tools/deps.sh $(if $(filter $(TESTING),$(MAKECMDGOALS)),test)

deps-test:
	@bash tests/tools/deps.sh test

deps-packages:
	@bash tests/tools/deps.sh packages

demo: kclust
	@bash tests/tools/demo.sh

# Every fast test; its last line counts them all.
check: kclust $(B)/unit $(B)/libkclust.a $(B)/kclust-static
	@KCLUST=./kclust UNIT=$(B)/unit LIB=$(B)/libkclust.a STATIC=$(CURDIR)/$(B)/kclust-static bash tests/run

# The quickest of them: functions, command line, walls, manual.
check-quick: kclust $(B)/unit $(B)/libkclust.a
	@KCLUST=./kclust UNIT=$(B)/unit LIB=$(B)/libkclust.a bash tests/run --quick

bench: kclust
	@/usr/bin/python3 tests/bench/bench.py $(BENCH)

bench-large: kclust
	@/usr/bin/python3 tests/bench/bench.py --large $(BENCH)

# Labelled sets from Debian packages, in build/bench/sets, and how well each space of fit does on them.
bench-spaces: kclust
	@/usr/bin/python3 tests/bench/sets.py
	@/usr/bin/python3 tests/bench/spaces.py

# What neighbours, density and trees take, and how well all methods agree with labels.
bench-graph: kclust
	@/usr/bin/python3 tests/bench/graph.py --peers

bench-methods: kclust
	@/usr/bin/python3 tests/bench/sets.py
	@/usr/bin/python3 tests/bench/methods.py --peers

# How well each criterion picks k, and what is taken for noise; an hour.
bench-choice: kclust
	@/usr/bin/python3 tests/bench/sets.py
	@/usr/bin/python3 tests/bench/choice.py
	@/usr/bin/python3 tests/bench/choice.py --noise

# How many neighbours maps keep, how well they agree with labels and distances, and what they take.
bench-maps: kclust
	@/usr/bin/python3 tests/bench/maps.py --peers

# What ranks cost on slow networks, by measurement and by a model, and the memory of a rank.
bench-ranks: kclust kclust-mpi
	@/usr/bin/python3 tests/bench/ranks.py

# Sanitizer builds of the program and of its tests, each in a folder of its own.
SAN_asan = -fsanitize=address -fno-omit-frame-pointer
SAN_ubsan = -fsanitize=undefined -fno-sanitize-recover=all
SAN_tsan = -fsanitize=thread
asan ubsan tsan:
	@$(MAKE) --no-print-directory B=build/$@ OPT='-O1 -g' SAN='$(SAN_$@)' build/$@/kclust build/$@/unit $(call with_sqlite,build/$@)
	@KCLUST=build/$@/kclust UNIT=build/$@/unit SANITIZER=$@ bash tests/run

# What kclust withstands: a harness each in tests/trust/NAME/. `make check` runs a slice of each, these all of one.
TRUST := $(notdir $(patsubst %/run,%,$(wildcard tests/trust/*/run)))
$(TRUST): kclust $(B)/unit $(B)/libkclust.a
	@KCLUST=$(CURDIR)/kclust UNIT=$(CURDIR)/$(B)/unit LIB=$(CURDIR)/$(B)/libkclust.a bash tests/trust/$@/run

check-all: warnings asan ubsan tsan
	@KCLUST_TEST_TURN=all $(MAKE) --no-print-directory check
	@for t in $(TRUST); do $(MAKE) --no-print-directory $$t || exit 1; done

# The command line's cases under valgrind.
valgrind: kclust
	@VALGRIND=1 KCLUST=./kclust bash tests/run-cases

# Both compilers, warnings as errors.
warnings:
	@$(MAKE) --no-print-directory CC=gcc B=build/gcc OPT='-O2' WERROR=-Werror build/gcc/kclust build/gcc/unit $(call with_sqlite,build/gcc)
	@$(MAKE) --no-print-directory CC=clang B=build/clang OPT='-O2' WERROR=-Werror build/clang/kclust build/clang/unit \
	  $(call with_sqlite,build/clang)

# What is generated from the option tables and committed.
pictures: kclust
	tests/tools/pictures.sh testdata/pictures

completions: kclust
	./kclust help --completions bash > completions/kclust.bash
	./kclust help --completions zsh > completions/_kclust
	./kclust help --completions fish > completions/kclust.fish

install: kclust
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	install -m 755 kclust $(DESTDIR)$(BINDIR)/kclust
	for page in $(PAGES); do \
	  install -D -m 644 man/$$page $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page || exit 1; \
	done
	install -m 644 completions/kclust.bash $(DESTDIR)$(BASHDIR)/kclust
	install -m 644 completions/_kclust $(DESTDIR)$(ZSHDIR)/_kclust
	install -m 644 completions/kclust.fish $(DESTDIR)$(FISHDIR)/kclust.fish

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/kclust $(DESTDIR)$(BINDIR)/kclust-mpi $(DESTDIR)$(BASHDIR)/kclust $(DESTDIR)$(ZSHDIR)/_kclust $(DESTDIR)$(FISHDIR)/kclust.fish
	for page in $(PAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page || exit 1; done

install-mpi: kclust-mpi
	install -D -m 755 kclust-mpi $(DESTDIR)$(BINDIR)/kclust-mpi

# The service: its program, its page, and a configuration of lighttpd. Page and configuration get the paths of PREFIX,
# BINDIR, LIBEXECDIR and DOCDIR in place of the default ones, which they have in the source.
CGI_INSTALLED = $(LIBEXECDIR)/kclust/kclust.cgi
CGI_CONF = $(DOCDIR)/kclust-cgi/examples/lighttpd.conf
with_paths = sed -e 's,/usr/local/lib/kclust,$(LIBEXECDIR)/kclust,g' -e 's,/usr/local/bin/kclust,$(BINDIR)/kclust,g' \
    -e 's,/usr/local/share/doc/,$(DOCDIR)/,g'
install-cgi: kclust.cgi
	$(with_paths) man/$(CGI_PAGE) >$(B)/$(CGI_PAGE)
	$(with_paths) packaging/lighttpd/kclust.conf >$(B)/lighttpd.conf
	install -D -m 755 kclust.cgi $(DESTDIR)$(CGI_INSTALLED)
	install -D -m 644 $(B)/$(CGI_PAGE) $(DESTDIR)$(MANDIR)/man8/$(CGI_PAGE)
	install -D -m 644 $(B)/lighttpd.conf $(DESTDIR)$(CGI_CONF)

uninstall-cgi:
	rm -f $(DESTDIR)$(CGI_INSTALLED) $(DESTDIR)$(MANDIR)/man8/$(CGI_PAGE) $(DESTDIR)$(CGI_CONF)
	-rmdir $(DESTDIR)$(LIBEXECDIR)/kclust $(DESTDIR)$(dir $(CGI_CONF)) $(DESTDIR)$(DOCDIR)/kclust-cgi 2>/dev/null

# What is handed on: the source as an archive, a binary for any Linux, packages of Debian, a build for arm64.
dist:
	@bash packaging/dist.sh $(VERSION) build

static: $(B)/kclust-static
	@ls -l $<

deb: dist
	@bash packaging/deb.sh $(VERSION) build

arm64:
	@MAKE=$(MAKE) bash packaging/arm64.sh

# All tests of these, which take half an hour; `make check` runs those that take some seconds.
packages: kclust $(B)/kclust-static
	@KCLUST=$(CURDIR)/kclust STATIC=$(CURDIR)/$(B)/kclust-static bash tests/packages/run

.PHONY: dist static deb arm64 packages

clean:
	rm -rf build kclust kclust.cgi kclust-mpi

help:
	@printf '%s\n' \
	  'make                the program, as ./kclust' \
	  'make cgi            the service for web servers, as ./kclust.cgi (libsqlite3-dev)' \
	  'make mpi            the program for several machines, as ./kclust-mpi (libopenmpi-dev)' \
	  'make V=1            the same, with every command shown whole' \
	  'make deps           install what the program lacks to be built (Debian); nothing when all is there' \
	  'make deps-test      install what the tests lack, too; so does make deps check' \
	  'make deps-packages  install what make deb, arm64 and packages lack' \
	  'make demo           cluster the bundled sample and show the clusters' \
	  'make check-quick    functions, command line, walls, manual: a minute' \
	  'make check          every fast test: a quarter of an hour' \
	  'make check-all      every test, the slow ones too: some hours' \
	  'make NAME           all of what kclust withstands, each in tests/trust/NAME:' \
	  '                    $(TRUST)' \
	  'make asan, ubsan, tsan   the tests under a sanitizer' \
	  'make valgrind       the command-line cases under valgrind' \
	  'make warnings       gcc and clang with warnings as errors' \
	  'make bench          timings and quality beside scikit-learn and Faiss (BENCH=--quick for the short ones)' \
	  'make bench-large    the same for large sets, and cost against rows, dimensions, clusters, cores' \
	  'make bench-spaces   fetch texts that have labels, and compare the spaces of fit on them' \
	  'make bench-methods  the same for all algorithms' \
	  'make bench-graph    time neighbours, density and trees' \
	  'make bench-maps     how good maps are, beside scikit-learn' \
  'make bench-ranks    what ranks of MPI cost' \
	  'make bench-choice   how well each criterion picks k, on sets that have labels' \
	  'make dist           the source as an archive, build/kclust-$(VERSION).tar.gz: the same bytes everywhere' \
	  'make static         a binary for any Linux of this processor, $(B)/kclust-static' \
	  'make deb            packages of Debian, in build/' \
	  'make arm64          cross-compiled for arm64, in build/arm64' \
	  'make packages       every test of what these four make, and of the containers (as root): half an hour' \
	  'make completions    regenerate completions/ from the option tables' \
	  'make install, uninstall   under PREFIX ($(PREFIX)), below DESTDIR' \
	  'make install-cgi, uninstall-cgi   the service, in $(LIBEXECDIR)/kclust (LIBEXECDIR=...)' \
	  'make install-mpi    kclust-mpi beside kclust' \
	  'make clean'

.PHONY: all cgi mpi install-mpi deps deps-test deps-packages demo check check-quick check-all $(TRUST) bench bench-large bench-spaces bench-graph bench-methods bench-choice bench-maps bench-ranks asan ubsan tsan valgrind warnings completions pictures install uninstall install-cgi uninstall-cgi clean help
FORCE:
.DELETE_ON_ERROR:
