#pragma once

#include <boost/pfr.hpp>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary::testing {

/// What the C++ type of a parameter or of a row's field says.
struct DeclaredType {
  ColumnType type;
  bool nullable;
  std::type_index cpp;  ///< without the optional
  bool operator==(const DeclaredType&) const = default;
};

/// A statement with the types that its C++ declaration gives it.
struct DeclaredStatement {
  std::string name;  ///< "sessions.find_session"
  std::string_view text;
  bool on_sqlite;
  bool on_postgres;
  std::vector<DeclaredType> parameters;
  std::vector<DeclaredType> columns;
};

template <class T>
struct WithoutOptional {
  using type = T;
};
template <class T>
struct WithoutOptional<std::optional<T>> {
  using type = T;
};

template <class T>
DeclaredType declared_type() {
  return {Stored<T>::type, is_nullable<T>, typeid(typename WithoutOptional<T>::type)};
}

template <class Row>
std::vector<DeclaredType> declared_columns() {
  if constexpr (std::is_void_v<Row>) {
    return {};
  } else {
    return []<std::size_t... i>(std::index_sequence<i...>) {
      return std::vector<DeclaredType>{declared_type<boost::pfr::tuple_element_t<i, Row>>()...};
    }(std::make_index_sequence<boost::pfr::tuple_size_v<Row>>());
  }
}

template <class Row, class... Params>
DeclaredStatement declare(std::string name, const Statement<Row(Params...)>& statement) {
  using For = typename Statement<Row(Params...)>::For;
  return {std::move(name),
          statement.text,
          statement.only != For::postgres,
          statement.only != For::sqlite,
          {declared_type<Params>()...},
          declared_columns<Row>()};
}

/// Every statement of the program. A test finds those that are missing.
const std::vector<DeclaredStatement>& all_statements();

}  // namespace ostiary::testing
