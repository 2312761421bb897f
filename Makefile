# SPDX-License-Identifier: GPL-2.0-only
# host-stress: `make help` lists the targets.

BUILD := build
# Debian 12's compilers and libraries on every machine (docs/build.md). Another compiler, as in
# `make CC=clang`, uses its headers and libraries too.
TOOLCHAIN ?= $(BUILD)/toolchain
SYSROOT := $(CURDIR)/$(TOOLCHAIN)/root
ifeq ($(origin CC),default)
CC := $(TOOLCHAIN)/bin/gcc
AR := $(TOOLCHAIN)/bin/ar
endif
MUSL_CC ?= $(TOOLCHAIN)/bin/musl-gcc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @$(if $(filter 1,$(V)),:,echo "  $(1)	$@")
VERSION := 0.1

CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 -I. -Ihost -D_GNU_SOURCE -DHS_VERSION='"$(VERSION)"' -Wall -Wextra -Werror \
	--sysroot=$(SYSROOT) -ffile-prefix-map=$(CURDIR)=. $(CFLAGS)
GUEST_CFLAGS := -std=gnu11 -I. -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -static -s \
	-ffunction-sections -fdata-sections -Wl,--gc-sections
# Static: the same file is the program inside the lab.
LIBS := -luring -ljansson -lbpf -lelf -lz -lm
BPF_CC ?= $(TOOLCHAIN)/bin/clang
BPFTOOL ?= $(TOOLCHAIN)/bin/bpftool
BPF_CFLAGS := -I. -Ihost -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 --sysroot=$(SYSROOT) \
	-I$(SYSROOT)/usr/include/x86_64-linux-gnu -O2 -g -Wall -Werror -ffile-prefix-map=$(CURDIR)=.

WIRE_SRC := $(wildcard wire/*.c)
HOST_SRC := $(filter-out %.bpf.c,$(wildcard host/*.c host/*/*.c)) $(WIRE_SRC)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/obj/%.o)
GUEST_SRC := $(wildcard guest/*.c) $(WIRE_SRC)
HEADERS := $(wildcard wire/*.h guest/*.h host/*/*.h)

PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR := $(DESTDIR)$(PREFIX)/lib/host-stress

DURATION ?= 30s
RUN_ARGS ?=
# The guest's (L2) kernel and the lab's default kernel under test (L1).
KERNEL ?= $(BUILD)/kernels/6.12
LAB_KERNEL := 6.12

# A target that sets up first builds the rest by a make of its own, with all CPUs unless told otherwise.
SUB := --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.DEFAULT_GOAL := host-stress
.DELETE_ON_ERROR:

help: ## list the targets
	@echo "host-stress: QEMU/KVM guest fault-window stress tester"
	@echo
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z%-]+):.*## (.*)/  make \1\t\2/' | expand -t 22
	@echo
	@echo "Variables: DURATION=30s RUN_ARGS='--seed 2' (make run), CC=clang, MUSL_CC,"
	@echo "KERNEL=dir of scripts/kernel (the guest's kernel), PREFIX, DESTDIR."

# The sum of the linked file goes into its section .hs_program (host/base/build.c): that and what names the commit
# are left out of it.
NO_SUM := $(addprefix -R ,.hs_program .hs_commit .note.gnu.build-id)
host-stress: $(HOST_OBJ) ## build the program
	$(call say,LD)
	$(Q)$(CC) $(ALL_CFLAGS) -static -Wl,--fatal-warnings -o $(BUILD)/linked $^ $(LIBS)
	$(Q)$(TOOLCHAIN)/bin/objcopy -S $(NO_SUM) $(BUILD)/linked $(BUILD)/summed
	$(Q)sha256sum <$(BUILD)/summed | cut -c1-16 | tr -d '\n' | dd of=$(BUILD)/sum bs=24 conv=sync status=none
	$(Q)tr ' ' '\0' <$(BUILD)/sum >$(BUILD)/sum0
	$(Q)$(TOOLCHAIN)/bin/objcopy --update-section .hs_program=$(BUILD)/sum0 $(BUILD)/linked $@

$(TOOLCHAIN)/VERSION: images/toolchain/build images/toolchain/packages
	images/toolchain/build
	@touch $@

$(BUILD)/obj/%.o: %.c $(HEADERS) $(TOOLCHAIN)/VERSION Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# --version names the commit: only what prints it is compiled again after one.
COMMIT := $(shell git describe --always --dirty --abbrev=12 2>/dev/null || echo $(VERSION))
$(BUILD)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
# What the guest and L1's init are made from: the program and the image beside it have it, and must be of the same.
IMAGE_SUM := $(shell cat $(sort $(wildcard guest/*.[ch] wire/*.[ch] images/lab/*.[ch])) | sha256sum | cut -c1-16)
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(IMAGE_SUM)' | cmp -s - $@ || echo '$(IMAGE_SUM)' >$@
$(BUILD)/obj/host/base/build.o: $(BUILD)/commit $(BUILD)/sources
$(BUILD)/obj/host/base/build.o: ALL_CFLAGS += -DHS_COMMIT='"$(COMMIT)"' -DHS_IMAGE='"$(IMAGE_SUM)"'

# One BPF object each for all kernels (CO-RE); its DWARF is not needed (gen object leaves it out), its BTF is.
BPF_SKELETONS := $(BUILD)/bpf/probe.skel.h $(BUILD)/bpf/exits.skel.h $(BUILD)/bpf/slots.skel.h
$(BUILD)/bpf/probe.bpf.o: host/probe/kern.bpf.c $(wildcard host/probe/kern*.bpf.h) host/probe/bpf.h host/probe/event.h
$(BUILD)/bpf/exits.bpf.o: host/counters/exits.bpf.c host/counters/exits.bpf.h
$(BUILD)/bpf/slots.bpf.o: host/probe/slots.bpf.c host/probe/slots_bpf.h
$(BUILD)/bpf/%.bpf.o: $(TOOLCHAIN)/VERSION Makefile
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(BPF_CC) $(BPF_CFLAGS) -c -o $@.g $(filter %.bpf.c,$^) && $(BPFTOOL) gen object $@ $@.g && rm $@.g

$(BUILD)/bpf/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@

$(BUILD)/obj/host/probe/bpf.o $(BUILD)/obj/host/probe/programs.o: $(BUILD)/bpf/probe.skel.h
$(BUILD)/obj/host/counters/exits.o: $(BUILD)/bpf/exits.skel.h
$(BUILD)/obj/host/probe/slots.o: $(BUILD)/bpf/slots.skel.h
$(addprefix $(BUILD)/obj/host/,probe/bpf.o probe/programs.o probe/slots.o counters/exits.o): \
	ALL_CFLAGS += -isystem $(BUILD)/bpf

$(BUILD)/guest/init: $(GUEST_SRC) $(HEADERS) $(TOOLCHAIN)/VERSION Makefile
	@mkdir -p $(@D)
	$(call say,MUSL)
	$(Q)$(MUSL_CC) $(GUEST_CFLAGS) -o $@ $(GUEST_SRC)

$(BUILD)/lab/init: images/lab/init.c guest/early.c $(HEADERS) $(TOOLCHAIN)/VERSION Makefile
	@mkdir -p $(@D)
	$(call say,MUSL)
	$(Q)$(MUSL_CC) $(GUEST_CFLAGS) -o $@ images/lab/init.c guest/early.c

guest: $(BUILD)/guest/init ## build the guest program

image: $(BUILD)/image/lab/base.cpio $(BUILD)/image/lab/kernel $(BUILD)/kernels/$(LAB_KERNEL)/modules.cpio ## build QEMU, the guest image and the lab image

$(BUILD)/qemu/VERSION: images/qemu/build $(wildcard images/qemu/*.patch images/qemu/*.mak)
	images/qemu/build
	@touch $@

image-intel: $(BUILD)/bochs/VERSION ## build Bochs for the Intel lab (--lab-cpu intel)

$(BUILD)/bochs/VERSION: images/bochs/build $(wildcard images/bochs/*.patch)
	images/bochs/build
	@touch $@

$(BUILD)/kernels/%/release:
	scripts/kernel fetch $*

$(BUILD)/kernels/%/modules.cpio: $(BUILD)/kernels/%/release scripts/lib/image scripts/lib/newc
	$(call say,IMAGE)
	$(Q)scripts/lib/image modules $(@D) $@

$(BUILD)/image/guest/initrd: $(BUILD)/guest/init $(KERNEL)/release scripts/lib/image scripts/lib/newc
	$(call say,IMAGE)
	$(Q)scripts/lib/image guest $(KERNEL) $< $(@D)

$(BUILD)/image/lab/base.cpio: $(BUILD)/image/guest/initrd $(BUILD)/lab/init $(BUILD)/qemu/VERSION $(BUILD)/sources \
		scripts/lib/image scripts/lib/newc
	$(call say,IMAGE)
	$(Q)scripts/lib/image lab $(BUILD)/image/guest $(BUILD)/qemu $(TOOLCHAIN)/bin/busybox $(BUILD)/lab/init $(BUILD)/sources $@
	$(Q)cp $(BUILD)/sources $(BUILD)/image/SOURCES

$(BUILD)/image/lab/kernel: $(BUILD)/kernels/$(LAB_KERNEL)/modules.cpio
	@mkdir -p $(@D)
	ln -sfn ../../kernels/$(LAB_KERNEL) $@

kernel-%: $(BUILD)/kernels/%/modules.cpio ## fetch a Debian kernel for the lab: kernel-6.1, kernel-7.3
	@:

# Archives, so that a test links only what it needs and may put its own in the place of the rest.
$(BUILD)/obj/libhost.a: $(filter-out $(BUILD)/obj/host/main.o,$(HOST_OBJ))
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/obj/libguest.a: $(filter-out $(BUILD)/obj/guest/main.o,$(GUEST_SRC:%.c=$(BUILD)/obj/%.o))
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

comma := ,
san_lib_address := asan
san_lib_undefined := ubsan
san_lib_thread := tsan
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))

$(BUILD)/tests/%: tests/%.c $(BUILD)/obj/libhost.a $(BUILD)/obj/libguest.a $(wildcard tests/unit/*.h)
	@mkdir -p $(@D)
	$(call say,TEST)
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-unused-result -Wl,-rpath,$(CURDIR)/$(TOOLCHAIN)/lib \
		-o $@ $< $(BUILD)/obj/libhost.a $(BUILD)/obj/libguest.a -lcmocka $(LIBS)

# What the lab's tests find in L1 as /tests.
$(BUILD)/tests/poke: tests/lab/inside/poke.c wire/pattern.h $(TOOLCHAIN)/VERSION
	@mkdir -p $(@D)
	$(call say,MUSL)
	$(Q)$(MUSL_CC) $(GUEST_CFLAGS) -o $@ $<

OVERLAY := $(wildcard tests/lab/inside/*.sh) tests/lib.sh $(BUILD)/tests/poke $(BUILD)/guest/init
$(BUILD)/tests/overlay.cpio: $(OVERLAY)
	$(call say,CPIO)
	$(Q)rm -rf $(BUILD)/tests/overlay && mkdir -p $(BUILD)/tests/overlay/tests
	$(Q)cp $(OVERLAY) $(BUILD)/tests/overlay/tests
	$(Q)cd $(BUILD)/tests/overlay && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 > ../overlay.cpio

unit: host-stress $(UNIT) $(BUILD)/guest/init ## build and run the unit tests
	tests/run unit

# The tests in C under gcc's sanitizers, all made anew in a directory of their own: `make san`, which `make test` has
# too, or `make san SAN=undefined`. ThreadSanitizer has those where there are threads or memory of others.
SAN ?= address,undefined thread
SAN_THREAD := chan child guest observe ping qmp signals source_thread touch touch_fill touch_time vm
san: $(SAN:%=san-%) ## build and run the unit tests under AddressSanitizer, UBSan and ThreadSanitizer
	tests/run san

san_runtime = $(foreach s,$(subst $(comma), ,$1),-static-lib$(san_lib_$s))
san-%: $(BUILD)/guest/init $(BPF_SKELETONS)
	@mkdir -p $(BUILD)/san-$(subst $(comma),-,$*) && ln -sfn ../bpf $(BUILD)/san-$(subst $(comma),-,$*)/bpf
	@$(MAKE) $(SUB) BUILD=$(BUILD)/san-$(subst $(comma),-,$*) TOOLCHAIN=$(TOOLCHAIN) CC='$(CC)' programs \
		CFLAGS='-O1 -g1 -DSANITIZED -Wno-error -fno-omit-frame-pointer -fsanitize=$* -fno-sanitize-recover=undefined \
		$(call san_runtime,$*)' $(if $(filter thread,$*),UNIT='$(SAN_THREAD:%=$(BUILD)/san-thread/tests/unit/%)')
programs: $(UNIT)


matrix-exact: host-stress image kernel-6.1 kernel-7.3 ## exact numbers of windows and refaults, into docs/matrix-exact.md
	experiments/matrix-exact --write

test: ## install what is missing, build, run lint and every test
	@scripts/setup --test
	@$(MAKE) $(SUB) $(TOOLCHAIN)/VERSION $(BUILD)/qemu/VERSION host-stress image image-intel kernel-6.1 kernel-7.3 $(UNIT) $(BUILD)/tests/overlay.cpio \
		man $(BUILD)/man/completion $(SAN:%=san-%)
	tests/run all

truths: host-stress image kernel-6.1 kernel-7.3 ## all sources on three kernels, two and four CPUs: what must hold (half an hour of CPU time)
	experiments/truths

killed: host-stress image $(BUILD)/tests/overlay.cpio ## each source killed in its phase, then recover: what is left (5 minutes of CPU time a kernel)
	experiments/killed

pairs: host-stress image kernel-6.1 kernel-7.3 ## every pair of sources once, on three kernels: no word of the guest may be corrupted (hours)
	experiments/pairs

bisect-demo: setup ## find a known slow commit in a history made from linux-source-6.12 (17 minutes of CPU time)
	scripts/setup --kernel-build
	@$(MAKE) $(SUB) host-stress image
	experiments/bisect-demo

museum: ## real bugs, each shown on a bad and a good kernel of Debian's (experiments/museum; minutes)
	@$(MAKE) $(SUB) host-stress image
	experiments/museum/run

null-comparisons: ## what does another seed alone do to each figure? (docs/compare.md; 16 minutes of CPU time)
	@$(MAKE) $(SUB) host-stress image kernel-6.12
	scripts/lib/null-comparisons --write
	@$(MAKE) $(SUB) host-stress
	scripts/lib/null-comparisons

change-pte: setup ## the table of docs/change-pte.md: two kernels built, 16 runs (half an hour, then minutes)
	scripts/setup --kernel-build
	@$(MAKE) $(SUB) host-stress image
	experiments/change-pte

hosts: host-stress image kernel-6.1 kernel-7.3 man $(BUILD)/tests/poke $(BUILD)/man/completion ## runs on hosts of distributions, which the lab plays, into docs/hosts.md
	tests/hosts/run --write

docs: host-stress ## write the tables of docs/ that are made from the code
	scripts/lib/figures-doc --write

lint: ## format, cppcheck, shellcheck, include floors
	tests/lint

bench: $(BUILD)/tests/bench/touch $(BUILD)/tests/bench/attrib $(BUILD)/tests/bench/rings ## ns per timed touch and per event, natively
	$(BUILD)/tests/bench/touch
	$(BUILD)/tests/bench/rings
	$(BUILD)/tests/bench/attrib

toolchain: $(TOOLCHAIN)/VERSION ## fetch Debian 12's compilers and libraries

setup: ## install the Debian packages that are missing
	@scripts/setup

# The toolchain needs none of the packages: it is fetched meanwhile. QEMU takes longest, so it begins first.
run: ## install what is missing, build, run for DURATION
	@$(MAKE) $(SUB) setup $(TOOLCHAIN)/VERSION
	@$(MAKE) $(SUB) $(TOOLCHAIN)/VERSION $(BUILD)/qemu/VERSION host-stress image
	./host-stress --duration $(DURATION) $(RUN_ARGS)

# Scripts that users call; installed as host-stress-NAME.
SCRIPTS := bisect bisect-run bisect-debian kernel matrix
MAN := $(BUILD)/man/host-stress.1 $(SCRIPTS:%=$(BUILD)/man/host-stress-%.1)

$(BUILD)/man/host-stress.1: host-stress
	@mkdir -p $(@D)
	$(call say,MAN)
	$(Q)./host-stress help man >$@

$(BUILD)/man/host-stress-%.1: scripts/lib/man-page scripts/%
	@mkdir -p $(@D)
	$(call say,MAN)
	$(Q)scripts/lib/man-page $* >$@

$(BUILD)/man/completion: host-stress
	@mkdir -p $(@D)
	$(call say,BASH)
	$(Q)./host-stress help completion >$@

man: $(MAN) $(BUILD)/man/completion ## the manual pages and bash's completion, from --help's tables

# Installed: PREFIX/bin/host-stress and, beside it, lib/host-stress with images, QEMU and helper scripts.
install: host-stress image man ## into PREFIX (and DESTDIR)
	@$(MAKE) --no-print-directory install-files

# Of what is built, and nothing is built: a test calls it while others run.
install-files:
	install -D -m 755 host-stress $(DESTDIR)$(PREFIX)/bin/host-stress
	install -D -m 644 -t $(LIBDIR)/image/guest $(BUILD)/image/guest/vmlinux $(BUILD)/image/guest/initrd
	install -D -m 644 -t $(LIBDIR)/image $(BUILD)/image/SOURCES
	install -D -m 644 $(BUILD)/image/lab/base.cpio $(LIBDIR)/image/lab/base.cpio
	install -D -m 644 -t $(LIBDIR)/image/lab/kernel $(BUILD)/kernels/$(LAB_KERNEL)/vmlinux \
		$(BUILD)/kernels/$(LAB_KERNEL)/modules.cpio
	install -D -m 755 $(BUILD)/qemu/bin/qemu-system-x86_64 $(LIBDIR)/qemu/bin/qemu-system-x86_64
	install -D -m 644 -t $(LIBDIR)/qemu/share/qemu $(BUILD)/qemu/share/qemu/*
	$(if $(wildcard $(BUILD)/bochs/VERSION),install -D -m 755 $(BUILD)/bochs/bin/bochs $(LIBDIR)/bochs/bin/bochs)
	$(if $(wildcard $(BUILD)/bochs/VERSION),install -D -m 644 $(BUILD)/bochs/VERSION $(LIBDIR)/bochs/VERSION)
	install -D -m 755 -t $(LIBDIR)/scripts $(addprefix scripts/,$(SCRIPTS))
	install -D -m 755 -t $(LIBDIR)/scripts/lib $(addprefix scripts/lib/,apt-private bisect-log bisect-noise bisect_lib.py config-missing \
		extract-vmlinux image installed kernel-build newc)
	install -D -m 644 -t $(LIBDIR)/scripts/lib $(addprefix scripts/lib/,lib-bisect machine-faults matrix_args.py \
		matrix_lib.py matrix_table.py)
	install -D -m 644 -t $(LIBDIR)/images images/lab.config
	ln -sfn ../../bin/host-stress $(LIBDIR)/host-stress
	for name in $(SCRIPTS); do \
		ln -sfn ../lib/host-stress/scripts/lib/installed $(DESTDIR)$(PREFIX)/bin/host-stress-$$name || exit; done
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(MAN)
	install -D -m 644 $(BUILD)/man/completion $(DESTDIR)$(PREFIX)/share/bash-completion/completions/host-stress
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/host-stress README.md LICENSE CHANGELOG CONTRIBUTING docs/*

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/host-stress $(SCRIPTS:%=$(DESTDIR)$(PREFIX)/bin/host-stress-%)
	rm -f $(MAN:$(BUILD)/man/%=$(DESTDIR)$(PREFIX)/share/man/man1/%)
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/host-stress
	rm -rf $(LIBDIR) $(DESTDIR)$(PREFIX)/share/doc/host-stress

clean: ## remove what was compiled; fetched kernels, QEMU and Bochs stay
	rm -rf host-stress $(BUILD)/obj $(BUILD)/bpf $(BUILD)/guest $(BUILD)/lab $(BUILD)/image $(BUILD)/tests $(BUILD)/man

distclean: clean ## remove everything that was built or fetched
	rm -rf $(BUILD)

.PHONY: FORCE man programs san help guest image image-intel toolchain setup run install install-files uninstall unit test hosts matrix-exact bisect-demo museum null-comparisons change-pte truths killed pairs docs lint bench clean distclean
.PRECIOUS: $(BUILD)/kernels/%/release $(BUILD)/kernels/%/modules.cpio
