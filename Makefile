# Two commands do everything on a fresh machine with Python 3.11 to 3.13:
#   make demo    environment, graph, model, scores, and a GraphQL endpoint on loopback
#   make test    every test

PYTHON ?= python3
VENV   ?= .venv
# PyTorch is kept when the environment has one (a CPU wheel or your own GPU build will do).
TORCH  ?= torch==2.15.0
MIRROR ?=
# Processes that run tests; each takes up to 7 GB.
JOBS   ?= 2

BIN   := $(VENV)/bin
READY := $(VENV)/.ready
DEV   := $(VENV)/.ready-dev

.PHONY: setup demo test lint types bench bundle lock clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -c "import torch" 2>/dev/null || (echo "installing $(TORCH)" && $(BIN)/python -m pip install --quiet "$(TORCH)")
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

$(DEV): $(READY) requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.lock
	@touch $(DEV)

demo: $(READY)
	$(BIN)/target-kg demo

test: $(DEV)
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

bench: $(DEV)
	$(BIN)/python -m tests.bench $(if $(MIRROR),--mirror $(MIRROR))

# Remake the bundled slice from the full data: make bundle MIRROR=DIR
bundle: $(READY)
	$(BIN)/python -m ingest.bundle --mirror $(MIRROR)

# Remake the lock files (needs uv). PyTorch and what it brings for GPUs stay out of them.
APART := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cccl \
  nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft \
  nvidia-cufile nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
  nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx nvidia-curand
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-emit-find-links $(foreach p,$(APART),--no-emit-package $(p)) pyproject.toml
lock:
	$(COMPILE) --extra build --extra dev --extra evaluate --extra pockets -o requirements-dev.lock
	$(COMPILE) --extra build -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
