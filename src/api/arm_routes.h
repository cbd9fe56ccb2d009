// The control plane: instances as ARM resources, for the management clients of Azure (maa-rest-api section 5.1).
#pragma once

#include "api/gate.h"
#include "service/instances.h"

namespace vidimus {

// All must outlive the router. Every call needs an operator's token for the control plane and an api-version of 2020-10-01 to 2021-06-01.
void AddArmRoutes(const Instances& instances, const InstanceRegistry& registry, const Gate& gate, Router& router);

}  // namespace vidimus
