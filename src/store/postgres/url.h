// The URL of a PostgreSQL server: what libpq reads in it, and what we add.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace vidimus {

// Keywords and values as libpq takes them. Never shown: it may hold a password.
struct PostgresParameters {
  std::vector<std::string> keywords, values;
  int connect_seconds = 0;  // for one attempt, over all hosts that are named
};

// Error: store.url, which never quotes the URL.
Result<PostgresParameters> ParsePostgresUrl(const std::string& url);

// User, host, port and database of such a URL; "postgresql" alone for one that libpq cannot read.
std::string ShownPostgresUrl(const std::string& url);

}  // namespace vidimus
