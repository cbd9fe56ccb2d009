// vidimus signer: who may sign the policies of an isolated instance.
#include <memory>

#include <CLI/CLI.hpp>

#include "client/management_results.h"
#include "commands.h"
#include "files.h"
#include "remote/session.h"
#include "remote/signing_options.h"
#include "token/management_jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::string jws, file, certificate;
  SigningOptions signing;
};

Result<std::string> MakeJws(const Options& options) {
  if (!options.jws.empty()) return std::string(UnquotedJws(options.jws));
  if (!options.file.empty()) {
    VIDIMUS_TRY(const ByteVector text, ReadFile(options.file));
    return std::string(UnquotedJws(AsText(text)));
  }
  VIDIMUS_TRY(const auto certificates, ReadCertificates(options.certificate, 1));
  VIDIMUS_TRY(const auto signer, ReadSigner(options.signing));
  if (!signer)
    return Fail(ErrorCode::kUsage, "option.signing_key",
                "found --certificate alone; say --signing-key and --signing-cert of a signer that the instance has now");
  return SignCertificateChange(certificates.front(), signer->key, signer->chain);
}

Result<Json> Change(Session& session, const Options& options, bool add) {
  VIDIMUS_TRY(const std::string jws, MakeJws(options));
  VIDIMUS_TRY(const SignerCertificate certificate, CertificateToChange(jws));
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(const auto answer, session.SignedBodyOf(add ? instance.AddSigner(jws) : instance.RemoveSigner(jws)));
  VIDIMUS_CHECK_OK(CheckSignerChanged(answer.payload, certificate, add));
  return Json(
      JsonObject{{"result", add ? "IsPresent" : "IsAbsent"}, {"thumbprint", certificate.thumbprint()}, {"subject", certificate.subject()}});
}

Result<Json> List(Session& session) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(const auto answer, session.SignedBodyOf(instance.Signers()));
  return DescribeSigners(answer.token, answer.payload);
}

void AddChange(CLI::App& signer, std::function<int()>& run, bool add) {
  const auto options = std::make_shared<Options>();
  const std::string name = add ? "add" : "remove";
  CLI::App* command = signer.add_subcommand(
      name, add ? "Let another certificate sign policies." : "Let a certificate sign policies no longer; the last one stays.");
  command->footer(
      std::string("A signer that the instance has now must sign the change: bring the JWS made elsewhere, or the certificate, and the\n"
                  "key and certificate of that signer, to have it made here.\n") +
      kRemoteFooter);
  auto* source = command->add_option_group("change", "The change: one of these");
  CLI::Option* jws = source->add_option("--signer", options->jws, "The signed JWS")->type_name("JWS");
  CLI::Option* file = source->add_option("--signer-file,-f", options->file, "Its file; - is standard input")->type_name("FILE");
  source->add_option("--certificate", options->certificate, "The certificate to " + name + ", PEM")->type_name("FILE");
  source->require_option(1);
  AddSigningOptions(*command, options->signing, "Sign the change")->excludes(jws)->excludes(file);
  AddInstanceOptions(*command, options->remote);
  command->callback([=, &run] {
    run = [=] { return Session::Run("signer " + name, options->remote, [&](Session& session) { return Change(session, *options, add); }); };
  });
}

}  // namespace

void AddSignerCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* signer = app.add_subcommand("signer", "Say who may sign the policies of an isolated instance.");
  signer->require_subcommand(1);
  AddChange(*signer, run, true);
  const auto options = std::make_shared<Options>();
  CLI::App* list = signer->add_subcommand("list", "Print the certificates that may sign policies.");
  list->footer(kRemoteFooter);
  AddInstanceOptions(*list, options->remote);
  list->callback([options, &run] { run = [options] { return Session::Run("signer list", options->remote, List); }; });
  AddChange(*signer, run, false);
}

}  // namespace vidimus
