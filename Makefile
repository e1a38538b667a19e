# Every target sets itself up. `make help` lists them.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready

# Settings, as in `make train-level N=7 RECIPE=pynet_mobile DATA=pairs RUN=runs/first`; not taken from the environment.
RECIPE =
DATA =
RUN = runs/$(or $(basename $(notdir $(RECIPE))),pynet_mobile)
FROM =
SET =
VGG =
SPLIT =
SUBSET =
SEED =
QUANT = qat_int8
SIZE = 1024x1024
MODELS = "$(RUN)/export"
OUT = build/benchmark
CROP = 256
BATCH = 1
PHOTOS = pynet_bokeh/photos
FORCE =

# Left empty, they would be the working directory and the file system's root.
$(foreach name,RUN OUT,$(if $(strip $($(name))),,$(error $(name) is empty; $(name)=folder names one)))

TRAIN_OPTIONS = --run "$(RUN)" $(if $(RECIPE),--recipe "$(RECIPE)") $(if $(DATA),--data $(DATA)) \
	$(if $(SPLIT),--split $(SPLIT)) $(if $(SUBSET),--subset $(SUBSET)) $(if $(SEED),--seed $(SEED)) \
	$(if $(FROM),--start-from "$(FROM)") \
	$(if $(VGG),--vgg-weights "$(VGG)") $(foreach setting,$(SET),--set '$(setting)')

.PHONY: help setup train train-level weights export-tflite export-table emulators benchmark benchmark-training benchmark-networks again demo apk android-assets android-test android-screens test test-slow lint clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(READY)  ## .venv with everything in it

$(READY): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); ok or print(f"error: PYTHON={sys.executable} is {sys.version.split()[0]}; 3.11 to 3.13 are allowed", file=sys.stderr); sys.exit(0 if ok else 2)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) lacks venv; Debian has it in python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	PYTHONWARNINGS=ignore $(PY) -m pip install --quiet --editable '.[dev]'
	@touch $@

train: $(READY)  ## train every level that is missing: [RECIPE=] [DATA=] [RUN=] [FROM=run to go on from]
	$(PY) -m pynet_bokeh train $(TRAIN_OPTIONS)

train-level: $(READY)  ## train one level, coarsest first: N=7 … N=1 [RECIPE=] [DATA=] [RUN=]
	@test -n "$(N)" || { echo "error: N is missing; make train-level N=7, then 6 … 1" >&2; exit 2; }
	$(PY) -m pynet_bokeh train --level $(N) $(TRAIN_OPTIONS)

export-tflite: $(READY)  ## quantize, convert, verify: [RUN=] [QUANT=all, or names from export/recipes.toml] [SIZE=WxH,WxH] [FORCE=1]
	$(PY) -m export tflite "$(RUN)" --quant "$(QUANT)" --size "$(SIZE)" \
		$(if $(VGG),--vgg-weights "$(VGG)") $(if $(FORCE),--force)

# All recipes of the phone model, or of MODEL=runs/my, in one table. A folder for each: it measures what lies there.
TABLE = build/exports/$(notdir $(patsubst %/,%,$(or $(MODEL),pynet_mobile)))_$(SIZE)

export-table: $(READY)  ## every recipe's size, quality, latency, memory: [MODEL=name or run] [SIZE=] -> build/exports/MODEL_SIZE
	$(PY) -m export tflite "$(or $(MODEL),pynet_mobile)" --quant all --size "$(SIZE)" --out "$(TABLE)" --force
	$(PY) -m benchmark run "$(TABLE)" --kernels xnnpack --out "$(TABLE)/benchmark/results.json" --force
	$(PY) -m benchmark exports "$(TABLE)/benchmark/results.json" --out "$(TABLE)/table.md" --force

emulators: $(READY)  ## software Vulkan, qemu, Python for ARM64 into ~/.cache/pynet_bokeh: the tests then check GPU and ARM
	$(PY) -m export fetch-emulators

benchmark: $(READY)  ## measure .tflite files on this machine: [MODELS="a.tflite folder"] [OUT=] [FORCE=1]
	$(PY) -m benchmark run $(MODELS) --out "$(OUT)/results.json" --markdown "$(OUT)/results.md" $(if $(FORCE),--force)

# Every network of the zoo side by side. Where there are no weights, random ones: latency, memory and size don't depend on
# them. The phone model's own are in the box. Every step leaves a file: what is there is not made again, and a measurement
# that was interrupted goes on. Slow networks get few runs per process: what varies is the processes.
NETWORKS := build/networks
NETWORK_SIZE = $(if $(findstring x,$(SIZE)),$(SIZE),$(SIZE)x$(SIZE))
NETWORK_OWN = $(foreach quant,fp32 ptq_int8,$(NETWORKS)/models/pynet_mobile_$(quant)_$(NETWORK_SIZE).tflite)
NETWORK_MODELS = $(NETWORK_OWN) \
	$(foreach name,glass_net pynet double_vnet,$(foreach quant,fp32 qat_int8,$(NETWORKS)/models/$(name)_untrained_$(quant)_$(NETWORK_SIZE).tflite))
NETWORK_EVALUATIONS = $(NETWORK_OWN:$(NETWORKS)/models/%.tflite=$(NETWORKS)/evaluation/%.json)
BUDGET = budgets/phone.yaml
THREADS =
NETWORK_EFFORT = --rounds 3 --max-rounds 4 --max-seconds 3
NETWORK_SETTINGS = $(NETWORK_MODELS) --kernels xnnpack $(if $(THREADS),--threads $(THREADS)) $(NETWORK_EFFORT)
PHONE_RESULTS =

benchmark-networks: $(NETWORKS)/peaks.json $(NETWORK_EVALUATIONS)  ## every network side by side: build/networks/report.html [THREADS=1,2,4] [SIZE=] [BUDGET=] [PHONE_RESULTS=] [FORCE=1 measures again]
	$(PY) -m benchmark networks $(NETWORKS)/results.json --peaks $(NETWORKS)/peaks.json --budget $(BUDGET) \
		$(foreach file,$(PHONE_RESULTS),--phone $(file)) \
		$(foreach file,$(NETWORK_EVALUATIONS),--evaluation $(notdir $(basename $(file)))=$(file)) \
		--command "make benchmark-networks$(if $(THREADS), THREADS=$(THREADS))" --out $(NETWORKS)/report.html --force
	@echo "look at $(NETWORKS)/report.html"

$(NETWORKS)/models/pynet_mobile_%_$(NETWORK_SIZE).tflite: pynet_bokeh/weights/pynet_mobile_M.npz | $(READY)
	$(PY) -m export tflite pynet_mobile --quant $* --size $(NETWORK_SIZE) --out $(@D) --force

$(NETWORKS)/models/%_$(NETWORK_SIZE).tflite: | $(READY)
	$(PY) -m export untrained $(subst _untrained_, --quant ,$*) --size $(NETWORK_SIZE) --out $(@D)

$(NETWORKS)/evaluation/%.json: $(NETWORKS)/models/%.tflite | $(READY)
	$(PY) -m pynet_bokeh evaluate --limit 16 --no-discs --model $< --json $@ --force

# Evaluations first: nothing else may run while models are measured.
$(NETWORKS)/results.json: $(NETWORK_MODELS) $(NETWORKS)/settings | $(NETWORK_EVALUATIONS)
	$(PY) -m benchmark run $(NETWORK_SETTINGS) --out $@ --markdown $(NETWORKS)/results.md --force

$(NETWORKS)/peaks.json: $(NETWORKS)/results.json
	$(PY) -m benchmark probe --check $< --out $@ --force || { rm -f $@; exit 1; }

# As new as the last time that what is to be measured was another.
$(NETWORKS)/settings: again
	@mkdir -p $(@D)
	@$(if $(FORCE),rm -f $@,:)
	@echo '$(NETWORK_SETTINGS)' | cmp -s - $@ || echo '$(NETWORK_SETTINGS)' > $@

# The shipped weights again, from photos with subject masks. 3 lenses for each photo as it is, 3 for montages, and scenes.
MASKS =
MODEL_SIZE = M
SCENES = 350
WEIGHTS := build/weights
SYNTHESIZE = $(PY) -m pynet_bokeh data synthesize --photos "$(PHOTOS)" --masks "$(MASKS)" --cats-eye --noise \
	--stopped-down 0.5 --radius 1.5,40 --seed 1

weights: $(READY)  ## train the shipped weights: PHOTOS= MASKS= [MODEL_SIZE=S|M|L] [RUN=] [SCENES=350 upright, as many wide] [SET=]
	@test -n "$(MASKS)" || { echo "error: MASKS is missing; make weights PHOTOS=folder MASKS=folder" >&2; exit 2; }
	$(SYNTHESIZE) --variants 3 --out $(WEIGHTS)/pairs
	$(SYNTHESIZE) --variants 3 --montage 1 --out $(WEIGHTS)/montages
	$(PY) -m pynet_bokeh data scenes --count $(SCENES) --size 512x768 --vary --seed 11 --out $(WEIGHTS)/portrait
	$(PY) -m pynet_bokeh data scenes --count $(SCENES) --size 768x512 --vary --seed 12 --out $(WEIGHTS)/landscape
	$(PY) -m pynet_bokeh train --run "$(RUN)" --recipe pynet_mobile --set network_config.size='"$(MODEL_SIZE)"' $(foreach setting,$(SET),--set '$(setting)') \
		--data $(WEIGHTS)/pairs $(WEIGHTS)/montages $(WEIGHTS)/portrait $(WEIGHTS)/landscape

RECIPES = $(or $(RECIPE),pynet_mobile pynet_paper pynet_mobile_adversarial bggan double_vnet)

benchmark-training: $(READY)  ## steps/s, waiting, peak memory of training by level: [RECIPE=] [CROP=] [BATCH="1,2"] [DATA=]
	$(PY) -m benchmark training $(RECIPES) --out "$(OUT)/training.json" --markdown "$(OUT)/training.md" \
		$(if $(CROP),--crop $(CROP)) $(if $(BATCH),--batch $(BATCH)) $(if $(DATA),--data "$(DATA)") \
		$(if $(VGG),--vgg-weights "$(VGG)") $(foreach setting,$(SET),--set '$(setting)') $(if $(FORCE),--force)

# The demo: built-in scenes, all levels of a small pyramid, QAT, exports, benchmark, renders, a page to look at.
DEMO := build/demo
comma := ,
space := $(subst ,, )
DEMO_QUANT = fp32 fp16 dynamic_int8 ptq_int8 qat_int8
DEMO_MODELS = $(foreach quant,$(DEMO_QUANT),$(DEMO)/models/pynet_mobile_S_$(quant)_512x512.tflite)
DEMO_INT8 = $(DEMO)/models/pynet_mobile_S_qat_int8_512x512.tflite

demo: $(READY)  ## scenes -> training -> int8 .tflite -> benchmark -> pictures: build/demo/report.html
	$(PY) -m pynet_bokeh data scenes --out $(DEMO)/scenes --count 600 --test-count 24 --size 512 --vary
	$(PY) -m pynet_bokeh train --run $(DEMO)/run --recipe demo --data $(DEMO)/scenes
	$(PY) -m export tflite $(DEMO)/run --size 512 --quant $(subst $(space),$(comma),$(DEMO_QUANT)) \
		--out $(DEMO)/models --force
	$(PY) -m pynet_bokeh evaluate --model $(DEMO)/run --data $(DEMO)/scenes --json $(DEMO)/evaluation/float.json \
		--force
	$(foreach quant,fp32 fp16 dynamic_int8 ptq_int8,$(PY) -m pynet_bokeh evaluate --data $(DEMO)/scenes --no-discs \
		--model $(DEMO)/models/pynet_mobile_S_$(quant)_512x512.tflite --json $(DEMO)/evaluation/$(quant).json --force &&) true
	$(PY) -m pynet_bokeh evaluate --model $(DEMO_INT8) --data $(DEMO)/scenes --min-gain 2 \
		--json $(DEMO)/evaluation/qat_int8.json --pictures $(DEMO)/evaluation/pictures --force
	$(PY) -m benchmark run $(DEMO_MODELS) --out $(DEMO)/benchmark/results.json --force
	$(PY) -m pynet_bokeh render $(PHOTOS) -o $(DEMO)/pictures --focus $(PHOTOS)/focus --model $(DEMO_INT8) --force
	$(PY) -m benchmark report --run $(DEMO)/run --models $(DEMO)/models --benchmark $(DEMO)/benchmark/results.json \
		--evaluation float=$(DEMO)/evaluation/float.json \
		$(foreach quant,$(DEMO_QUANT),--evaluation $(quant)=$(DEMO)/evaluation/$(quant).json) \
		--pictures $(DEMO)/pictures --originals $(PHOTOS) --scenes $(DEMO)/evaluation/pictures \
		--command "make demo" --out $(DEMO)/report.html --force
	@echo "look at $(DEMO)/report.html"

# The Android demo. Only exporting the model needs .venv.
MODEL =
ANDROID_BUILD := build/android
ANDROID_MODEL := $(ANDROID_BUILD)/model/pynet_mobile_ptq_int8_1024x1024.tflite

apk:  ## the Android demo as a signed APK: build/android/pynet_bokeh_demo.apk
	@test -e android_demo/app/src/main/assets/model.tflite || $(MAKE) --no-print-directory android-assets
	$(PYTHON) -m android_demo.apk build

android-assets: $(if $(MODEL),,$(ANDROID_MODEL))  ## the model that the app has: [MODEL=file.tflite] [FORCE=1 takes a failed one]
	$(PYTHON) -m android_demo.apk assets "$(or $(MODEL),$(ANDROID_MODEL))" $(if $(FORCE),--force)

$(ANDROID_MODEL): pynet_bokeh/weights/pynet_mobile_M.npz | $(READY)
	$(PY) -m export tflite pynet_mobile --quant ptq_int8 --size 1024x1024 --out "$(@D)" --force

test: $(READY)  ## everything fast
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pytest -q -n auto --dist loadgroup

android-test: $(READY)  ## the Android demo's Java on this JVM, against Python; TFLite's own libraries, x86_64 and ARM64
	$(PY) -m pytest -q -rs tests/android_demo/test_java.py tests/android_demo/test_inference.py \
		tests/android_demo/test_arm.py

android-screens: $(READY) apk  ## draw the app's screens for its README: android_demo/docs
	PYTHONPATH=. $(PY) tests/android_screens.py

test-slow: $(READY)  ## the tests that take minutes
	-$(PY) tests/debian_phone.py
	$(PY) -m pytest -q -m slow

lint: $(READY)  ## put the code into its form
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:  ## remove build/ (runs/ and .venv stay)
	rm -rf build
