# SPDX-License-Identifier: Apache-2.0
#
# make            build build/mod_luciauth.so and build/luciactl
# make demo       install what is missing, build, serve http://127.0.0.1:8080 (PORT=...)
# make test       install what is missing, build, run every test
#                   TESTS="t/http/a.t t/ctl/b.t"   only these; VERBOSE=1 shows each check
#                   MPM=event|worker|prefork  which httpd (event)
#                   DB=sqlite3|pgsql|mysql    which database (sqlite3)
#                   SANITIZE=1                with AddressSanitizer and UBSan
#                   SANITIZE=thread           with ThreadSanitizer
# make test-long  what is too long for every commit, with a report in t/long/results.md: hours (see t/long/run)
#                   STEPS="soak mpms:worker"   only these; TESTS=t/long/a.t   only this test, without a row in the report
# make unit       build the unit tests, build/t/unit/*/*
# make fuzz       build the fuzzers with clang, build/fuzz/t/fuzz/* (t/fuzz/README.md)
# make bench      speed, beside httpd's own modules and Express + Lucia v2 (ARGS=--quick, see t/bench/run)
# make site       the documentation as a static site, build/site
# make deb        build the Debian package, build/deb/*.deb
# make deps       install what building needs; demo, test, bench, deb and lint do so by themselves
# make install    module, luciactl, configuration and templates, to where apxs says (DESTDIR=...)
# make uninstall  take module, luciactl and templates away again; configuration and users stay
# make lint       clang, clang-tidy, cppcheck and clang-format; make format formats
# make clean      remove build/
# NO_DEPS=1       never touch the system's packages; V=1 shows the compiler's commands

VERSION = 0.1.0

ifeq ($(origin CC),default)
CC = gcc
endif
BUILD ?= build
MPM ?= event
DB ?= sqlite3
PORT ?= 8080
APXS ?= $(firstword $(shell command -v apxs apxs2 2>/dev/null) apxs)
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

ifneq ($(origin ARGON2),undefined)
$(error ARGON2 is no longer a variable of make: write LuciaArgon2 auto, libargon2 or libsodium into httpd's configuration)
endif

say = $(if $(V),,@printf '  %-4s %s\n' $(1) '$@';)

# ---- What is needed ----------------------------------------------------------

# apache2-bin is the server alone; the package apache2 would also start a service.
PACKAGES = gcc libc6-dev make pkg-config perl apache2-bin apache2-dev libaprutil1-dbd-sqlite3 \
	libargon2-dev libsodium-dev libssl-dev libutf8proc-dev libjansson-dev libfido2-dev libqrencode-dev \
	libidn2-dev libcurl4-openssl-dev
# libapache2-mod-perl2 is only here because Apache::Test comes inside it.
TEST_PACKAGES = fail2ban python3-prometheus-client libapache2-mod-perl2 libdbd-sqlite3-perl libio-socket-ssl-perl \
	libio-pty-perl openssl oathtool zbar-tools binutils apache2-utils man-db \
	sqlite3 libsqlite3-dev curl media-types postgresql pgbouncer libaprutil1-dbd-pgsql libdbd-pg-perl \
	mariadb-server galera-4 rsync libaprutil1-dbd-mysql libdbd-mariadb-perl redis-server memcached \
	python3-aiosmtpd msmtp php-fpm git litmus subversion libapache2-mod-svn libapache2-mod-auth-openidc \
	libapache2-mod-auth-mellon simplesamlphp php-cli php-xml libapache2-mod-auth-gssapi krb5-kdc krb5-admin-server krb5-user libgssapi-perl slapd \
	nginx-light haproxy caddy prometheus cmark-gfm varnish hitch
LONG_PACKAGES = clang faketime libclang-rt-14-dev valgrind
LINT_PACKAGES = clang clang-tidy clang-format cppcheck
# What dpkg-buildpackage asks for besides; a unit test needs oathtool.
DEB_PACKAGES = build-essential debhelper dpkg-dev oathtool
BENCH_PACKAGES = wrk valgrind binutils libapache2-mod-auth-openidc libdbd-sqlite3-perl postgresql libaprutil1-dbd-pgsql libdbd-pg-perl $(NODE_PACKAGES)
NODE_PACKAGES = $(if $(shell command -v node 2>/dev/null),,nodejs) $(if $(shell command -v npm 2>/dev/null),,npm)
NODE_TESTS = $(patsubst %/package-lock.json,%,$(wildcard t/interop/package-lock.json t/browser/package-lock.json \
	t/bench/openid/package-lock.json))
ifneq ($(NODE_TESTS),)
TEST_PACKAGES += $(NODE_PACKAGES)
endif
ifneq ($(wildcard t/browser/*.t),)
TEST_PACKAGES += chromium firefox-esr fonts-dejavu-core
endif
install-packages = $(if $(NO_DEPS),,.ci/packages $(1))

CORE_LIBS = libargon2 libsodium libcrypto libutf8proc jansson libfido2 libidn2 libcurl
# What only pages need, and so only the module.
PAGE_LIBS = libqrencode
APR_LIBS = apr-1 apr-util-1

# ---- Flags -------------------------------------------------------------------

pkg = $(shell pkg-config $(1) 2>/dev/null)
apxs = $(shell $(APXS) -q $(1) 2>/dev/null)
as-system = $(patsubst -I%,-isystem %,$(filter-out -I. -I/usr/include,$(1)))

WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wundef -Wpointer-arith -Wwrite-strings -Wvla
HARDENING = -fstack-protector-strong
LDFLAGS_ALL = -Wl,-z,relro,-z,now $(LDFLAGS)
# What is built differently is built elsewhere, or old objects would be taken for new ones.
VARIANT = $(if $(SANITIZE),$(if $(filter thread,$(SANITIZE)),/tsan,/asan))
ifeq ($(BUILD),build)
override BUILD = build$(VARIANT)
endif
ifeq ($(SANITIZE),thread)
# It does not know fences. Those of local_cache.c order reads and writes that are all atomic, which are no races without them.
OPTIMIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=thread $(if $(findstring gcc,$(CC)),-Wno-tsan)
LDFLAGS_ALL += -fsanitize=thread
else ifneq ($(SANITIZE),)
OPTIMIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS_ALL += -fsanitize=address,undefined
else
OPTIMIZE = -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
COMMON = -std=gnu11 -fPIC -fvisibility=hidden -MMD -MP $(OPTIMIZE) $(HARDENING) $(WARNINGS) \
	-DLUCI_VERSION='"$(VERSION)"' -DLUCI_TEMPLATE_DIR='"$(TEMPLATE_DIR)"' $(CPPFLAGS) $(CFLAGS)

LIBEXECDIR := $(call apxs,libexecdir)
SBINDIR := $(call apxs,sbindir)
MAN_DIR := $(call apxs,mandir)
COMPLETION_DIR := $(or $(call pkg,--variable=completionsdir bash-completion),/usr/share/bash-completion/completions)
SYSCONFDIR := $(call apxs,sysconfdir)
TEMPLATE_DIR := $(call apxs,datadir)/luciauth/templates
PASSWORD_LIST = $(dir $(TEMPLATE_DIR))common-passwords.txt
# For programs beside httpd.
COMPANIONS = conf/haproxy-luciauth.lua conf/prometheus/luciauth.rules.yml conf/grafana/luciauth.json
COMPANION_FILES = $(addprefix $(dir $(TEMPLATE_DIR)),$(notdir $(COMPANIONS)))
HTTPD := $(SBINDIR)/$(call apxs,progname)
# What httpd -V says: the configuration that httpd reads, and luciactl without --config.
HTTPD_V := $(shell $(HTTPD) -V 2>/dev/null | \
	sed -n 's/^ *-D \(HTTPD_ROOT\|SERVER_CONFIG_FILE\)="\(.*\)"$$/\2/p')
HTTPD_CONF := $(if $(filter /%,$(lastword $(HTTPD_V))),$(lastword $(HTTPD_V)),$(if \
	$(HTTPD_V),$(firstword $(HTTPD_V))/$(lastword $(HTTPD_V)),$(SYSCONFDIR)/$(call apxs,progname).conf))
STATE_DIR = /var/lib/luciauth

# The core sees no httpd header: these flags do not lead to one.
CORE_FLAGS := $(call as-system,$(call pkg,--cflags $(APR_LIBS) $(CORE_LIBS) $(PAGE_LIBS)))
HTTPD_FLAGS := -isystem $(call apxs,INCLUDEDIR)
CORE_LDLIBS := $(call pkg,--libs $(CORE_LIBS))
PAGE_LDLIBS := $(call pkg,--libs $(PAGE_LIBS))
APR_LDLIBS := $(call pkg,--libs $(APR_LIBS))

# ---- The module --------------------------------------------------------------

CORE_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard src/core/*/*.c)))
HTTPD_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard mod_luciauth.c src/httpd/*/*.c)))
MODULE = $(BUILD)/mod_luciauth.so

# Each file of templates/ for src/httpd/pages/built_in.c: TEMPLATE(de_signed_in,"de/signed-in.html") ...
TEMPLATES = $(sort $(wildcard templates/*.html templates/*.txt templates/*/*.html templates/*/*.txt))
TEMPLATE_FOLDERS = $(sort $(patsubst %/,%,$(dir $(TEMPLATES))))
TEMPLATE_FLAGS = -DLUCI_TEMPLATES='$(foreach file,$(patsubst templates/%,%,$(TEMPLATES)),TEMPLATE($(subst /,_,$(subst -,_,$(basename $(file)))),"$(file)"))'

LUCIACTL = $(BUILD)/luciactl
CTL_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard src/ctl/*.c src/ctl/*/*.c)))

# Both come from the program, and so say what it does.
MANUAL = $(BUILD)/luciactl.8
COMPLETION = $(BUILD)/luciactl.bash

# These come from the documentation.
PAGE_MANUALS = $(BUILD)/mod_luciauth.7 $(BUILD)/luciauth-directives.5

all: $(MODULE) $(LUCIACTL) $(MANUAL) $(PAGE_MANUALS) $(COMPLETION)

have-tools:
	@command -v $(APXS) >/dev/null && command -v $(CC) >/dev/null && \
	pkg-config --exists $(APR_LIBS) $(CORE_LIBS) $(PAGE_LIBS) || { \
	    echo "apxs, the compiler or a library is missing: run make deps" >&2; exit 1; }

$(MODULE): $(HTTPD_OBJECTS) $(BUILD)/libluciauth.a
	$(call say,LINK)$(CC) -shared $(LDFLAGS_ALL) -o $@ $^ $(CORE_LDLIBS) $(PAGE_LDLIBS)

$(LUCIACTL): $(CTL_OBJECTS) $(BUILD)/libluciauth.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CORE_LDLIBS) $(APR_LDLIBS)

$(MANUAL): $(LUCIACTL)
	$(call say,MAN)ASAN_OPTIONS=detect_leaks=0 $(LUCIACTL) help --manual >$@

$(PAGE_MANUALS): doc/man.pl README.md doc/gate.md doc/directives.md Makefile
	@mkdir -p $(@D)
	$(call say,MAN)doc/man.pl $(@F) $(VERSION) >$@

$(COMPLETION): $(LUCIACTL)
	$(call say,BASH)ASAN_OPTIONS=detect_leaks=0 $(LUCIACTL) help --bash-completion >$@

$(BUILD)/libluciauth.a: $(CORE_OBJECTS)
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(BUILD)/src/core/%.o: src/core/%.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) $(CORE_FLAGS) -Isrc -c -o $@ $<

# Nor does luciactl.
$(BUILD)/src/ctl/%.o: src/ctl/%.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) -DLUCI_HTTPD='"$(HTTPD)"' -DLUCI_HTTPD_CONF='"$(HTTPD_CONF)"' $(CORE_FLAGS) -Isrc -c -o $@ $<

$(BUILD)/src/httpd/%.o: src/httpd/%.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) $(CORE_FLAGS) $(HTTPD_FLAGS) -Isrc -c -o $@ $<

# The assembler reads these into it; the folder's own time changes with each file that comes or goes.
$(BUILD)/src/httpd/pages/built_in.o: $(TEMPLATE_FOLDERS) $(TEMPLATES)
$(BUILD)/src/httpd/pages/built_in.o: COMMON += $(TEMPLATE_FLAGS)

$(BUILD)/src/httpd/account/passkey_script.o: src/httpd/account/passkey.js

# Only here: httpd looks the module record up by its name.
$(BUILD)/mod_luciauth.o: mod_luciauth.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) -fvisibility=default $(CORE_FLAGS) $(HTTPD_FLAGS) -Isrc -c -o $@ $<

# For t/check/check_layers.t: how a file of the core is compiled.
core-compile:
	@echo $(CC) -std=gnu11 $(CORE_FLAGS) -Isrc

# ---- Unit tests: one program per file, linked with the core and nothing else --

UNIT_SUPPORT = $(sort $(wildcard t/unit/lib/*.c))
UNIT_SOURCES = $(filter-out $(UNIT_SUPPORT),$(sort $(wildcard t/unit/*/*.c)))
UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(UNIT_SOURCES))
UNIT_SUPPORT_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(UNIT_SUPPORT) $(if $(filter thread,$(SANITIZE)),t/lib/tsan_atomics.c))

# Every library is loaded, also one that a test stands in front of with all the functions that are called.
UNIT_LDLIBS = -Wl,--no-as-needed $(CORE_LDLIBS) $(PAGE_LDLIBS) $(APR_LDLIBS)

unit: $(UNIT_TESTS) $(if $(filter thread,$(SANITIZE)),$(BUILD)/t/lib/tsan_atomics.so)

# Where a folder is now, an older build has a program of that name.
$(BUILD)/t/unit/%.o: t/unit/%.c Makefile | have-tools
	@[ ! -f $(@D) ] || rm -f $(@D)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) $(CORE_FLAGS) -Isrc -It/unit -c -o $@ $<

$(BUILD)/t/lib/%.o: t/lib/%.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) $(CORE_FLAGS) -c -o $@ $<

$(BUILD)/t/lib/%.so: $(BUILD)/t/lib/%.o
	$(call say,LINK)$(CC) -shared $(LDFLAGS_ALL) -o $@ $^

$(UNIT_TESTS): $(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(UNIT_SUPPORT_OBJECTS) $(BUILD)/libluciauth.a
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(UNIT_LDLIBS)

# The harnesses of the fuzzers are replayed here, and some of them read what luciactl reads.
FUZZED = $(BUILD)/t/fuzz/libfuzzed.a

$(FUZZED): $(patsubst %,$(BUILD)/src/ctl/commands/%.o,attribute_file htpasswd import_record)
	@mkdir -p $(@D)
	$(call say,AR)rm -f $@ && ar rcs $@ $^

$(BUILD)/t/unit/across/fuzz_replay: $(FUZZED)

# ---- Fuzzers -----------------------------------------------------------------

FUZZ_CC = clang
FUZZ_SANITIZE = address,undefined -fno-sanitize-recover=undefined
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard t/fuzz/fuzz_*.c)))

fuzz:
	@$(MAKE) --no-print-directory -j$(JOBS) CC='$(FUZZ_CC)' BUILD=build/fuzz \
	    OPTIMIZE='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,$(FUZZ_SANITIZE)' fuzzers

fuzzers: $(FUZZERS)

$(BUILD)/t/fuzz/%.o: t/fuzz/%.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) $(CORE_FLAGS) -Isrc -c -o $@ $<

$(FUZZERS): $(BUILD)/t/fuzz/%: $(BUILD)/t/fuzz/%.o $(FUZZED) $(BUILD)/libluciauth.a
	$(call say,LINK)$(CC) -fsanitize=fuzzer,$(FUZZ_SANITIZE) $(LDFLAGS_ALL) -o $@ $^ $(CORE_LDLIBS) $(APR_LDLIBS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- What sign-ins are measured against --------------------------------------

HASH_RATE = $(BUILD)/t/bench/hash_rate
SIGN_IN_EACH = $(BUILD)/t/bench/sign_in_each

hash-rate: $(HASH_RATE)
sign-in-each: $(SIGN_IN_EACH)

$(HASH_RATE): $(BUILD)/t/bench/hash_rate.o $(BUILD)/libluciauth.a
	$(call say,LINK)$(CC) -pthread $(LDFLAGS_ALL) -o $@ $^ $(CORE_LDLIBS) $(APR_LDLIBS)

$(SIGN_IN_EACH): $(BUILD)/t/bench/sign_in_each.o
	$(call say,LINK)$(CC) $(LDFLAGS_ALL) -o $@ $^

$(BUILD)/t/bench/%.o: t/bench/%.c Makefile | have-tools
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMMON) $(CORE_FLAGS) -Isrc -c -o $@ $<

# ---- Install what is missing -------------------------------------------------

deps:
	@$(call install-packages,$(PACKAGES))

npm-ci = for dir in $(1); do \
	    test $$dir/node_modules/.package-lock.json -nt $$dir/package-lock.json || \
	    ( echo "npm ci in $$dir"; cd $$dir && npm ci --no-audit --no-fund </dev/null && \
	      touch node_modules/.package-lock.json ) || exit 1; \
	done

test-deps:
	@$(call install-packages,$(PACKAGES) $(TEST_PACKAGES))
	@$(call npm-ci,$(NODE_TESTS))

# ---- Run ---------------------------------------------------------------------

demo: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@exec env BUILD='$(BUILD)' PORT='$(PORT)' APXS='$(APXS)' conf/demo/run

test: test-deps
	@$(MAKE) --no-print-directory -j$(JOBS) all unit
	@exec env BUILD='$(BUILD)' MPM='$(MPM)' DB='$(DB)' CC='$(CC)' SANITIZE='$(SANITIZE)' APXS='$(APXS)' \
	    t/TEST $(if $(VERBOSE),-v) $(TESTS)

test-long: test-deps
	@$(call install-packages,$(LONG_PACKAGES))
	@$(MAKE) --no-print-directory -j$(JOBS) all unit
	@exec env BUILD='$(BUILD)' MPM='$(MPM)' CC='$(CC)' SANITIZE='$(SANITIZE)' APXS='$(APXS)' \
	    t/long/run $(if $(VERBOSE),-v) $(if $(STEPS),--steps '$(STEPS)') $(TESTS)

bench:
	@$(call install-packages,$(PACKAGES) $(BENCH_PACKAGES))
	@$(call npm-ci,t/interop t/bench/openid)
	@$(MAKE) --no-print-directory -j$(JOBS) all $(HASH_RATE) $(SIGN_IN_EACH)
	@exec env BUILD='$(BUILD)' MPM='$(MPM)' APXS='$(APXS)' t/bench/run $(ARGS)

# ---- Install the module ------------------------------------------------------

SERVER_USER ?= $(shell for u in www-data apache httpd daemon nobody; do \
	id -u $$u >/dev/null 2>&1 && echo $$u && break; done)
ifneq ($(wildcard /etc/debian_version),)
CONF_DIR = $(SYSCONFDIR)/conf-available
ENABLE = To enable it, as root: a2enconf luciauth && systemctl restart apache2
DISABLE = If it is enabled, httpd does not start without the module. First, as root: a2disconf luciauth
else
CONF_DIR = $(SYSCONFDIR)/extra
ENABLE = To enable it, put this into httpd.conf and restart: Include $(CONF_DIR)/luciauth.conf
DISABLE = If httpd.conf includes luciauth.conf, httpd does not start without the module. First take the line out.
endif

install: all
	install -d '$(DESTDIR)$(LIBEXECDIR)' '$(DESTDIR)$(CONF_DIR)' '$(DESTDIR)$(TEMPLATE_DIR)'
	install -m 644 $(MODULE) '$(DESTDIR)$(LIBEXECDIR)/mod_luciauth.so'
	for file in $(patsubst templates/%,%,$(TEMPLATES)); do \
	    install -D -m 644 "templates/$$file" '$(DESTDIR)$(TEMPLATE_DIR)'/"$$file" || exit 1; done
	install -m 644 conf/common-passwords.txt '$(DESTDIR)$(PASSWORD_LIST)'
	install -m 644 $(COMPANIONS) '$(DESTDIR)$(dir $(TEMPLATE_DIR))'
	install -d '$(DESTDIR)$(SBINDIR)'
	install -m 755 $(LUCIACTL) '$(DESTDIR)$(SBINDIR)/luciactl'
	install -d '$(DESTDIR)$(COMPLETION_DIR)'
	for page in $(MANUAL) $(PAGE_MANUALS); do \
	    install -D -m 644 "$$page" '$(DESTDIR)$(MAN_DIR)'/man"$${page##*.}/$${page##*/}" || exit 1; done
	install -m 644 $(COMPLETION) '$(DESTDIR)$(COMPLETION_DIR)/luciactl'
	sed -e 's|^\( *LoadModule [a-z_]*\) .*/|\1 $(LIBEXECDIR)/|' -e 's|^\(LuciaPasswordBlocklist\) .*|\1 $(PASSWORD_LIST)|' \
	    conf/luciauth.conf >'$(DESTDIR)$(CONF_DIR)/luciauth.conf.new'
	@cd '$(DESTDIR)$(CONF_DIR)' && if [ -e luciauth.conf ] && ! cmp -s luciauth.conf luciauth.conf.new; then \
	    echo "Your $(CONF_DIR)/luciauth.conf is kept; the new one is luciauth.conf.new beside it."; \
	else mv luciauth.conf.new luciauth.conf; fi
	install -d -m 750 '$(DESTDIR)$(STATE_DIR)'
	@if [ "$$(id -u)" = 0 ]; then chown '$(SERVER_USER):' '$(DESTDIR)$(STATE_DIR)'; \
	elif [ -z '$(DESTDIR)' ]; then \
	    echo "Give $(STATE_DIR) to the web server's user: chown $(SERVER_USER): $(STATE_DIR)"; fi
	@echo "$(ENABLE)"

uninstall:
	@echo "$(DISABLE)"
	rm -f $(foreach file,$(PASSWORD_LIST) $(COMPANION_FILES),'$(DESTDIR)$(file)')
	rm -f '$(DESTDIR)$(LIBEXECDIR)/mod_luciauth.so' '$(DESTDIR)$(SBINDIR)/luciactl' \
	    '$(DESTDIR)$(COMPLETION_DIR)/luciactl' '$(DESTDIR)$(CONF_DIR)/luciauth.conf.new' \
	    $(foreach page,$(notdir $(MANUAL) $(PAGE_MANUALS)),'$(DESTDIR)$(MAN_DIR)/man$(subst .,,$(suffix $(page)))/$(page)')
	rm -rf '$(DESTDIR)$(TEMPLATE_DIR)'
	@[ ! -d '$(DESTDIR)$(dir $(TEMPLATE_DIR))' ] || \
	    rmdir --ignore-fail-on-non-empty '$(DESTDIR)$(dir $(TEMPLATE_DIR))'
	@for kept in '$(DESTDIR)$(CONF_DIR)/luciauth.conf' '$(DESTDIR)$(STATE_DIR)'; do \
	    [ ! -e "$$kept" ] || echo "Kept: $$kept"; done

site:
	@$(call install-packages,perl cmark-gfm)
	@perl doc/site/build.pl '$(BUILD)/site'

# ---- The Debian package ------------------------------------------------------

# From a copy and with a clean environment, so that neither is in the package: no file of a build, no variable of make.
DEB_DIR = build/deb
DEB_COPY = $(DEB_DIR)/mod-luciauth-$(VERSION)

deb:
	@$(call install-packages,$(PACKAGES) $(DEB_PACKAGES))
	@rm -rf $(DEB_DIR) && mkdir -p $(DEB_COPY)
	@tar -c --exclude=./build --exclude=./.git --exclude=node_modules --exclude='*~' --exclude='*.swp' . | tar -x -C $(DEB_COPY)
	@cd $(DEB_COPY) && exec env -i PATH="$$PATH" HOME="$$HOME" LC_ALL=C.UTF-8 DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS-}" \
	    dpkg-buildpackage --no-sign -j$(JOBS)
	@rm -rf $(DEB_COPY)
	@echo && ls $(DEB_DIR)/*.deb

# ---- Keep it tidy ------------------------------------------------------------

SOURCES = $(wildcard mod_luciauth.c src/ctl/*.c src/*/*/*.c src/*/*/*.h t/unit/*/*.c t/unit/*/*.h)

format:
	clang-format -i $(SOURCES)

lint:
	@$(call install-packages,$(PACKAGES) $(LINT_PACKAGES))
	@$(MAKE) --no-print-directory -j$(JOBS) CC=clang BUILD=build/clang$(VARIANT) all unit
	@$(MAKE) --no-print-directory lint-sources

# Left out: what is wrong about apr's arrays of pointers, va_list, or plain style.
EMPTY =
TIDY = $(subst $(EMPTY) ,,-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters, \
	-bugprone-reserved-identifier,-bugprone-assignment-in-if-condition,-bugprone-branch-clone, \
	-bugprone-narrowing-conversions,-bugprone-sizeof-expression,-clang-analyzer-valist.*, \
	-clang-analyzer-security.insecureAPI.*)

lint-sources:
	clang-tidy --quiet --warnings-as-errors='*' --checks='$(TIDY)' \
	    $(filter %.c,$(SOURCES)) -- -std=gnu11 $(CORE_FLAGS) $(HTTPD_FLAGS) -Isrc -It/unit \
	    -DLUCI_VERSION='"$(VERSION)"' -DLUCI_TEMPLATE_DIR='"$(TEMPLATE_DIR)"' -DLUCI_HTTPD='"$(HTTPD)"' -DLUCI_HTTPD_CONF='"$(HTTPD_CONF)"' $(TEMPLATE_FLAGS)
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingInclude --suppress=unknownMacro -Isrc mod_luciauth.c src
	clang-format --dry-run -Werror $(SOURCES)

clean:
	rm -rf build

.PHONY: all have-tools core-compile unit fuzz fuzzers hash-rate sign-in-each deps test-deps demo test test-long bench site deb install uninstall format lint lint-sources clean
.DELETE_ON_ERROR:
