#include "sim/td_machine.h"

#include "sim/byte_writer.h"

namespace vidimus {

ByteVector EncodeTdReport(const TdReportFields& fields) {
  ByteWriter out;
  out.Append(fields.tee_tcb_svn).Append(fields.mr_seam).Append(fields.mr_signer_seam).Append(fields.seam_attributes);
  out.Le(fields.td_attributes).Le(fields.xfam).Append(fields.mr_td).Append(fields.mr_config_id);
  out.Append(fields.mr_owner).Append(fields.mr_owner_config);
  for (const auto& rtmr : fields.rtmr) out.Append(rtmr);
  out.Append(fields.report_data);
  if (fields.v1_5) out.Append(fields.v1_5->tee_tcb_svn_2).Append(fields.v1_5->mr_service_td);
  return out.Take();
}

}  // namespace vidimus
