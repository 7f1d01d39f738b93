# HybridEmu: `make run` trains a network on the emulated chip, `make test` checks everything. `make help` lists the rest.

CONFIGURATION ?= Release
CONFIG ?= hybrid
MNIST_EPOCHS := $(if $(filter undefined,$(origin EPOCHS)),1,$(EPOCHS))
EPOCHS ?= 20
SEED ?= 1
DATA ?=
TEST ?=
LABELS ?=
TESTLABELS ?=
SPLIT ?=
HIDDEN ?= 128
PROGRAMS ?= 60000
CASES ?= 20
OUT := out
EMULATOR := $(OUT)/hybridemu
FIRMWARE := first hello gemm matmul conv stream mlp_train mlp_infer
IMAGES := $(FIRMWARE:%=$(OUT)/firmware/%.elf)
SOURCES := $(shell find emulator isa traces -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*') \
  $(shell find emulator isa traces -name '*.csproj') $(wildcard emulator/Chip/Presets/*.yaml emulator/Chip/Presets/Standards/*.yaml firmware/layers/*.s firmware/layers/*.inc) firmware/lib/hx.inc Directory.Build.props Directory.Packages.props
DOTNET := DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet

comma := ,
ifeq ($(DATA),)
TRAINING := --data synth:3823@train_data
else
TRAINING := --data csv:$(DATA)@train_data
endif
ifneq ($(TEST),)
HELDOUT := --data csv:$(TEST)@test_data
else ifeq ($(DATA),)
HELDOUT := --data synth:1797/3823@test_data
endif

# MNIST: SPLIT=n trains on the first n images of DATA and holds out the rest, TEST is another file.
IMAGES_IDX := idx:$(DATA)$(if $(LABELS),$(comma)labels=$(LABELS))
MNIST := --data $(IMAGES_IDX)$(if $(SPLIT),$(comma)rows=0:$(SPLIT))@train_data
ifneq ($(TEST),)
MNIST += --data idx:$(TEST)$(if $(TESTLABELS),$(comma)labels=$(TESTLABELS))@test_data
else ifneq ($(SPLIT),)
MNIST += --data $(IMAGES_IDX)$(comma)rows=$(SPLIT):@test_data
endif

.PHONY: run mnist validate build firmware test test-deep test-rtl test-simd bench bench-quick bench-rtl claims-memory tpuv1 tpuv1-scaling format generate latencies clean help

run: build firmware ## train 64-32-10 on digits: DATA=train.csv TEST=test.csv EPOCHS=n SEED=n CONFIG=name
	@$(EMULATOR) run $(OUT)/firmware/mlp_train.elf --config $(CONFIG) --seed $(SEED) $(TRAINING) $(HELDOUT) \
	  --data word:$(EPOCHS)@epochs --stats $(OUT)/statistics.json --vcd $(OUT)/window.vcd --window 20000:21000 --scope '*'

mnist: build firmware ## train 784-128-10 on MNIST: DATA=images TEST=images (or SPLIT=n) EPOCHS=n; alone it says more
ifeq ($(DATA),)
	@echo "make mnist needs DATA, a file of images in MNIST's form, plain or gzip, with its labels beside it, and something held out:"
	@echo "  make mnist DATA=train-images-idx3-ubyte.gz TEST=t10k-images-idx3-ubyte.gz"
	@echo "  make mnist DATA=train-images-idx3-ubyte.gz SPLIT=50000      (the first 50000 train, the rest is held out)"
	@echo "Also EPOCHS=n (1), SEED=n, CONFIG=name, HIDDEN=n (128);"
	@echo "LABELS=FILE and TESTLABELS=FILE name the labels when 'labels-idx1' in place of 'images-idx3' does not."
	@exit 2
endif
	@$(EMULATOR) run $(OUT)/firmware/mlp_train.elf --config $(CONFIG) --seed $(SEED) $(MNIST) \
	  --data word:$(MNIST_EPOCHS)@epochs --data word:$(HIDDEN)@hidden --stats $(OUT)/statistics.json

build: $(EMULATOR) ## build out/hybridemu

# Compiled ahead of time where a compiler for this host can be had: a short run is mostly the start of the emulator.
READYTORUN := --use-current-runtime -p:PublishReadyToRun=true

$(EMULATOR): $(SOURCES)
	@if $(DOTNET) restore emulator/Cli $(READYTORUN) -v quiet > /dev/null; then options="$(READYTORUN) --no-self-contained --no-restore"; \
	else echo "No ahead-of-time compiler for this host could be restored: every start takes half a second longer."; fi; \
	$(DOTNET) publish emulator/Cli -c $(CONFIGURATION) $$options -o $(OUT) --nologo -v quiet
	@touch $@

firmware: $(IMAGES) ## assemble the firmware into out/firmware

$(OUT)/firmware/%.elf: $(EMULATOR) firmware/%/*.s firmware/lib/*
	@mkdir -p $(@D)
	@$(EMULATOR) asm firmware/$*/$*.s -o $@

test: ## run all tests of the quick suite
	@$(DOTNET) test HybridEmu.sln -c $(CONFIGURATION) --nologo -v quiet

test-deep: ## run the deep tests: all encodings, PROGRAMS=n random programs in lockstep; some fifteen minutes on two cores
	@HYBRIDEMU_DEEP=1 HYBRIDEMU_LOCKSTEP_PROGRAMS=$(PROGRAMS) $(DOTNET) test HybridEmu.sln -c $(CONFIGURATION) --nologo -v quiet --filter Depth=Deep

test-rtl: ## run units beside their SystemVerilog twins under Verilator: CASES=n (20) times the random cases of the quick suite
	@command -v verilator > /dev/null || echo "verilator is not installed: all but a few of these tests are passed over (apt-get install verilator g++)"
	@HYBRIDEMU_RTL=$(CASES) $(DOTNET) test tests/Rtl -c $(CONFIGURATION) --nologo -v quiet

# What the runtime is told to leave unused: everything, AVX-512, AVX2 too, all but the baseline.
SIMD_LEVELS := NONE=0 DOTNET_PreferredVectorBitWidth=512 DOTNET_EnableAVX512=0 DOTNET_EnableAVX2=0 DOTNET_EnableHWIntrinsic=0

test-simd: ## run the tests of kernels, units and training on each vector level of this host
	@$(DOTNET) build HybridEmu.sln -c $(CONFIGURATION) --nologo -v quiet
	@for level in $(SIMD_LEVELS); do echo "== $$level"; \
	  for suite in tests/Isa tests/Emulator tests/Programs; do \
	    env $$level $(DOTNET) test $$suite -c $(CONFIGURATION) --no-build --nologo -v quiet --filter '$(SIMD_TESTS)' || exit 1; done; done

SIMD_TESTS := FullyQualifiedName~Lane|FullyQualifiedName~Numerics|FullyQualifiedName~Engine|FullyQualifiedName~Array|FullyQualifiedName~Matrix|FullyQualifiedName~Vector|FullyQualifiedName~TrainingTests|FullyQualifiedName~Gemm

validate: ## measure and print what the emulator was checked against, and say whether README.md has it; WRITE=1 writes it there
	@$(DOTNET) run -c $(CONFIGURATION) --project tests/Validation -- $(if $(WRITE),--write)

bench: ## run the benchmarks: FILTER=glob
	@$(DOTNET) run -c Release --project bench -- $(if $(FILTER),--filter '$(FILTER)',)

bench-quick: ## print every mark once, in one table
	@$(DOTNET) run -c Release --project bench -- quick

bench-rtl: ## time both array engines beside Verilator builds of the array's twin, on the same stimulus: SIDES="16 64"
	@$(DOTNET) run -c Release --project bench -- rtl $(SIDES)

claims-memory: ## what is said about memory, against what is measured here
	@$(DOTNET) run -c Release --project bench -- claims-memory

format: ## check the code's format
	@$(DOTNET) format HybridEmu.sln --verify-no-changes

generate: ## write isa/Generated and isa/MANUAL.md from isa/Table
	@$(DOTNET) run --project isa/Generator -- isa

latencies: build ## measure what every operation takes on the default chip: emulator/LATENCIES.md
	@$(EMULATOR) latencies --config hybrid -o emulator/LATENCIES.md

TPUV1 := MLP0 MLP1 LSTM0 LSTM1 CNN0 CNN1
TPUV1_PAPER := tests/Oracles/tpuv1.csv
# How network n of that list runs: LSTMs on 16 bits with the paper's vector layers, images in its batch.
TPUV1_OPTIONS := case $$n in LSTM*) options="--wide --vectors $$(sed -n "s/^$$n,.* \([0-9]*\) vector,.*/\1/p" $(TPUV1_PAPER))";; CNN*) options="--batch $$(awk -F, -v n=$$n '$$1 == n { print $$4 }' $(TPUV1_PAPER))";; *) options=;; esac

tpuv1: build ## run TPU v1's networks on its preset, the paper's row below each; last the points of the roofline
	@mkdir -p $(OUT)/tpuv1
	@for n in $(TPUV1); do \
	  $(TPUV1_OPTIONS); \
	  echo; echo "== $$n"; $(EMULATOR) layers firmware/layers/tpuv1/$$n.csv --config tpuv1 --stream $$options --csv $(OUT)/tpuv1/$$n.csv || exit 1; \
	  awk -F, -v n=$$n '$$1 == n { print "the paper:    active " $$5 " %, weight stall " $$6 " %, weight shift " $$7 " %, non-matrix " $$8 " %, TOPS " $$9 }' $(TPUV1_PAPER); done
	@echo; printf '%-8s %20s %10s %10s %13s\n' network 'MACs / weight byte' 'roof TOPS' TOPS 'paper: TOPS'
	@for n in $(TPUV1); do awk -F, -v n=$$n 'FNR == NR { if ($$1 == n) paper = $$9; next } FNR > 1 { printf "%-8s %20.0f %10.1f %10.1f %13s\n", $$1, $$15, $$16, $$17, paper }' \
	  $(TPUV1_PAPER) $(OUT)/tpuv1/$$n.csv; done

# What figure 11 of the paper scales: name, then keys. With 'accumulators' they grow as the paper says: with the clock, or with the PEs.
# CNN1 runs as well, with TPUV1_SCALED=CNN1, but takes as long as the others together.
TPUV1_SCALED := MLP0 LSTM0 LSTM1 CNN0
define TPUV1_SCALINGS
base
memory_x_0.5 hbm.channels=1
memory_x_2 hbm.channels=4 fabric.load_ports=4
memory_x_4 hbm.channels=8 fabric.load_ports=4
clock_x_4 core.clock=2800MHz
clock_x_4,_accumulators core.clock=2800MHz accumulators.bytes=16MiB
512x512 array.rows=512 array.columns=512
512x512,_accumulators array.rows=512 array.columns=512 accumulators.bytes=16MiB
endef
export TPUV1_SCALINGS

tpuv1-scaling: build ## run them with memory, clock and array scaled as the paper does (figure 11): speed relative to the preset's; four minutes
	@mkdir -p $(OUT)/tpuv1; rm -f $(OUT)/tpuv1/refused
	@printf '%-24s' 'speed relative to tpuv1'; printf ' %8s' $(TPUV1_SCALED); echo
	@echo "$$TPUV1_SCALINGS" | while read scaling keys; do \
	  sets=; for key in $$keys; do sets="$$sets --set $$key"; done; \
	  printf '%-24s' "$$(echo $$scaling | tr _ ' ')"; \
	  for n in $(TPUV1_SCALED); do \
	    $(TPUV1_OPTIONS); csv=$(OUT)/tpuv1/$$n-$$scaling.csv; \
	    if $(EMULATOR) layers firmware/layers/tpuv1/$$n.csv --config tpuv1 --stream $$options $$sets --quiet --csv $$csv > $(OUT)/tpuv1/page 2>&1; \
	    then awk -F, 'FNR == 2 { if (FNR == NR) base = $$17; tops = $$17 } END { printf " %8.2f", tops / base }' $(OUT)/tpuv1/$$n-base.csv $$csv; \
	    else printf ' %8s' '-'; cat $(OUT)/tpuv1/page > $(OUT)/tpuv1/refused; fi; done; echo; done
	@if [ -f $(OUT)/tpuv1/refused ]; then echo "-: $$(cat $(OUT)/tpuv1/refused)"; fi
	@echo "With more memory the load engine has four ports: one takes 64 bytes a core cycle, 1.3 times the preset's memory."
	@echo "The paper: memory x 4 makes MLPs and LSTMs 3 times as fast, clock x 4 CNNs 2 times and the others hardly; 512x512 helps nobody."

clean: ## remove what was built
	@rm -rf $(OUT)
	@find . -name bin -o -name obj | grep -v '^./.git' | xargs rm -rf

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 24
