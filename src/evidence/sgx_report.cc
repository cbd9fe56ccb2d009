#include "evidence/sgx_report.h"

#include <string>

#include "base/byte_reader.h"

namespace vidimus {

uint64_t SgxFlags(const SgxReportBody& body) { return ByteReader(body.attributes).U64Le(); }

Result<SgxReportBody> ParseSgxReportBody(Bytes input) {
  if (input.size() != kSgxReportBodySize)
    return Fail(ErrorCode::kMalformed, "sgx.report.size", "found " + std::to_string(input.size()) + ", expected 384");
  ByteReader reader(input);
  SgxReportBody body;
  body.cpu_svn = reader.Array<16>();
  body.misc_select = reader.Array<4>();
  body.reserved1 = reader.View(12);
  body.isv_ext_prod_id = reader.Array<16>();
  body.attributes = reader.Array<16>();
  body.mr_enclave = reader.Array<32>();
  body.reserved2 = reader.View(32);
  body.mr_signer = reader.Array<32>();
  body.reserved3 = reader.View(32);
  body.config_id = reader.Array<64>();
  body.isv_prod_id = reader.U16Le();
  body.isv_svn = reader.U16Le();
  body.config_svn = reader.U16Le();
  body.reserved4 = reader.View(42);
  body.isv_family_id = reader.Array<16>();
  body.report_data = reader.Array<64>();
  return body;
}

}  // namespace vidimus
