#include "tests/support/simulated_sgx.h"
