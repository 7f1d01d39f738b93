# HybridEmu: `make run` trains a network on the emulated chip, `make test` checks everything. `make help` lists the rest.

CONFIGURATION ?= Release
CONFIG ?= hybrid
EPOCHS ?= 20
SEED ?= 1
DATA ?=
TEST ?=
OUT := out
EMULATOR := $(OUT)/hybridemu
FIRMWARE := first hello gemm mlp_train mlp_infer
IMAGES := $(FIRMWARE:%=$(OUT)/firmware/%.elf)
SOURCES := $(shell find emulator isa traces -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*') \
  $(shell find emulator isa traces -name '*.csproj') $(wildcard emulator/Chip/Presets/*.yaml) Directory.Build.props Directory.Packages.props
DOTNET := DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet

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

.PHONY: run build firmware test test-deep bench format generate clean help

run: build firmware ## train 64-32-10 on digits: DATA=train.csv TEST=test.csv EPOCHS=n SEED=n CONFIG=name
	@$(EMULATOR) run $(OUT)/firmware/mlp_train.elf --config $(CONFIG) --seed $(SEED) $(TRAINING) $(HELDOUT) \
	  --data word:$(EPOCHS)@epochs --stats $(OUT)/statistics.json --vcd $(OUT)/window.vcd --window 20000:21000 --scope '*'

build: $(EMULATOR) ## build out/hybridemu

$(EMULATOR): $(SOURCES)
	@$(DOTNET) publish emulator/Cli -c $(CONFIGURATION) -o $(OUT) --nologo -v quiet
	@touch $@

firmware: $(IMAGES) ## assemble the firmware into out/firmware

$(OUT)/firmware/%.elf: $(EMULATOR) firmware/%/*.s firmware/lib/*
	@mkdir -p $(@D)
	@$(EMULATOR) asm firmware/$*/$*.s -o $@

test: ## run all tests of the quick suite
	@$(DOTNET) test HybridEmu.sln -c $(CONFIGURATION) --nologo -v quiet

bench: ## run the benchmarks: FILTER=glob
	@$(DOTNET) run -c Release --project bench -- $(if $(FILTER),--filter '$(FILTER)',)

format: ## check the code's format
	@$(DOTNET) format HybridEmu.sln --verify-no-changes

generate: ## write isa/Generated and isa/MANUAL.md from isa/Table
	@$(DOTNET) run --project isa/Generator -- isa

clean: ## remove what was built
	@rm -rf $(OUT)
	@find . -name bin -o -name obj | grep -v '^./.git' | xargs rm -rf

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20
