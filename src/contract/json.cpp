#include "contract/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "contract/field_values.hpp"
#include "contract/rules.hpp"
#include "ostiary/options.pb.h"

namespace ostiary::contract {
namespace {

using boost::json::error_code;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_occasional(const FieldDescriptor& field) { return rule_of(field).occasional(); }

/// The field of the same `oneof` that is set already.
std::optional<std::string> rival(const Message& message, const FieldDescriptor& field) {
  const auto* oneof = field.real_containing_oneof();
  if (oneof == nullptr || !message.GetReflection()->HasOneof(message, oneof)) return std::nullopt;
  return message.GetReflection()->GetOneofFieldDescriptor(message, oneof)->name();
}

/// What the parser calls as it reads: fills messages, and stops at the first thing that the contract does not know.
class Filler {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  Filler(Message& root, Nulls nulls) : root_(root), nulls_(nulls) {}

  /// Why the parser was stopped, where it was this class that stopped it.
  std::optional<Refused> refused;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }

  bool on_object_begin(error_code& ec) {
    if (frames_.empty()) {
      frames_.emplace_back(&root_);
      return true;
    }
    if (ignores()) return enter_ignored();
    const Slot slot = here();
    if (slot.field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || is_timestamp(slot.field) || !expects_value()) {
      return stop(wrong_type_here("an object"), ec);
    }
    if (auto chosen = two_of_one(slot)) return stop(*std::move(chosen), ec);
    const auto* reflection = slot.message.GetReflection();
    frames_.emplace_back(slot.field.is_repeated() ? reflection->AddMessage(&slot.message, &slot.field)
                                                  : reflection->MutableMessage(&slot.message, &slot.field));
    return true;
  }

  bool on_object_end(std::size_t, error_code&) {
    if (leave_ignored()) return true;
    frames_.pop_back();
    if (!frames_.empty()) ++frames_.back().index;
    return true;
  }

  bool on_array_begin(error_code& ec) {
    if (frames_.empty()) return stop(not_an_object(), ec);
    if (ignores()) return enter_ignored();
    if (!here().field.is_repeated() || frames_.back().in_array) return stop(wrong_type_here("an array"), ec);
    frames_.back().in_array = true;
    frames_.back().index = 0;
    return true;
  }

  bool on_array_end(std::size_t, error_code&) {
    if (leave_ignored()) return true;
    frames_.back().in_array = false;
    return true;
  }

  bool on_key_part(boost::json::string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_key(boost::json::string_view part, std::size_t, error_code& ec) {
    text_.append(part.data(), part.size());
    if (ignored_depth_ > 0) {
      text_.clear();
      return true;
    }
    Frame& frame = frames_.back();
    frame.field = frame.message->GetDescriptor()->FindFieldByName(text_);
    if (frame.field == nullptr && frame.message->GetDescriptor()->options().GetExtension(open_ended)) {
      text_.clear();
      return true;
    }
    if (frame.field == nullptr) {
      // Whoever reads the refusal needs no more of a name that is not ours.
      return stop(refusal(Refusal::unknown_field, "The call has no such field.", path() + std::string(cut(text_, 64))),
                  ec);
    }
    text_.clear();
    const auto position = static_cast<std::size_t>(frame.field->index());
    if (frame.seen[position]) return stop(refusal(Refusal::duplicate_field, "The field is repeated.", path()), ec);
    frame.seen[position] = true;
    return true;
  }

  bool on_string_part(boost::json::string_view part, std::size_t, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_string(boost::json::string_view part, std::size_t, error_code& ec) {
    if (text_.empty())
      return put([part](const Slot& slot) { return slot.put_text({part.data(), part.size()}); }, "a string", ec);
    text_.append(part.data(), part.size());
    const bool more = put([this](const Slot& slot) { return slot.put_text(text_); }, "a string", ec);
    text_.clear();
    return more;
  }

  bool on_number_part(boost::json::string_view part, error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_int64(std::int64_t number, boost::json::string_view, error_code& ec) {
    text_.clear();
    return put([number](const Slot& slot) { return slot.put_integer(number); }, "a number", ec);
  }

  bool on_uint64(std::uint64_t number, boost::json::string_view, error_code& ec) {
    text_.clear();
    return put([number](const Slot& slot) { return slot.put_double(static_cast<double>(number), true); }, "a number",
               ec);
  }

  bool on_double(double, boost::json::string_view part, error_code& ec) {
    text_.append(part.data(), part.size());
    // The parser's own value may be off by one in the last place.
    double number = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error == std::errc::result_out_of_range) number = HUGE_VAL;
    const bool looks_whole = text_.find_first_of(".eE") == std::string::npos;
    text_.clear();
    return put([=](const Slot& slot) { return slot.put_double(number, looks_whole); }, "a number", ec);
  }

  bool on_bool(bool truth, error_code& ec) {
    return put([truth](const Slot& slot) { return slot.put_bool(truth); }, "true or false", ec);
  }

  bool on_null(error_code& ec) {
    if (frames_.empty()) return stop(not_an_object(), ec);
    if (ignores()) return true;
    const bool may_be_left_out = !frames_.back().in_array && !rule_of(*frames_.back().field).required();
    if (may_be_left_out && nulls_ == Nulls::absent) return true;
    Refused why = wrong_type_here("null");
    if (may_be_left_out) why.detail += how_to_clear(*frames_.back().field);
    return stop(std::move(why), ec);
  }

  bool on_comment_part(boost::json::string_view, error_code&) { return true; }
  bool on_comment(boost::json::string_view, error_code&) { return true; }

 private:
  struct Frame {
    explicit Frame(Message* filled)
        : message(filled), seen(static_cast<std::size_t>(filled->GetDescriptor()->field_count())) {}
    Message* message;
    std::vector<bool> seen;
    const FieldDescriptor* field = nullptr;
    bool in_array = false;
    int index = 0;
  };

  /// Whether what comes belongs to a member that an open message does not list.
  bool ignores() const { return ignored_depth_ > 0 || frames_.back().field == nullptr; }

  bool enter_ignored() {
    ++ignored_depth_;
    return true;
  }

  bool leave_ignored() {
    if (ignored_depth_ == 0) return false;
    --ignored_depth_;
    return true;
  }

  static Refused refusal(Refusal why, std::string detail, std::string field) {
    return {why, std::move(detail), std::move(field), std::nullopt, {}};
  }

  /// The refusal of a field of a oneof that has a value already.
  std::optional<Refused> two_of_one(const Slot& slot) const {
    const auto other = rival(slot.message, slot.field);
    if (!other) return std::nullopt;
    return refusal(Refusal::invalid_field, "Expected either this or " + *other + ".", path());
  }

  static std::string how_to_clear(const FieldDescriptor& field) {
    std::string text = " Leave the field out to keep its value";
    if (field.is_repeated()) return text + "; [] clears it.";
    return text + (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? "; \"\" clears it." : ".");
  }

  static Refused not_an_object() { return refusal(Refusal::malformed_request, "Expected a JSON object.", {}); }

  Slot here() const { return {*frames_.back().message, *frames_.back().field}; }

  /// Whether one value may come here: a repeated field takes values only inside its array.
  bool expects_value() const { return frames_.back().field->is_repeated() == frames_.back().in_array; }

  Refused wrong_type_here(std::string_view got) const {
    if (!expects_value()) {
      return refusal(Refusal::wrong_type, "Expected an array, got " + std::string(got) + ".", path());
    }
    Misfit misfit = here().wrong_type(got);
    return refusal(misfit.why, std::move(misfit.detail), path());
  }

  template <class Put>
  bool put(const Put& how, std::string_view kind, error_code& ec) {
    if (frames_.empty()) return stop(not_an_object(), ec);
    if (ignores()) return true;
    if (!expects_value()) return stop(wrong_type_here(kind), ec);
    if (auto chosen = two_of_one(here())) return stop(*std::move(chosen), ec);
    if (auto misfit = how(here())) return stop(refusal(misfit->why, std::move(misfit->detail), path()), ec);
    ++frames_.back().index;
    return true;
  }

  bool stop(Refused why, error_code& ec) {
    refused = std::move(why);
    ec = boost::json::error::exception;
    return false;
  }

  /// Where the parser is: "user.roles[2]"; ends with a dot where a name has still to come.
  std::string path() const {
    std::string text;
    for (const Frame& frame : frames_) {
      if (!text.empty()) text += '.';
      if (frame.field == nullptr) break;
      text += frame.field->name();
      if (frame.in_array) text += '[' + std::to_string(frame.index) + ']';
    }
    return text;
  }

  Message& root_;
  const Nulls nulls_;
  std::vector<Frame> frames_;
  std::size_t ignored_depth_ = 0;  ///< objects and arrays inside a member that is ignored
  std::string text_;  ///< the parts so far of a text that the parser hands over in parts
};

Refused unreadable(const error_code& error, std::size_t at, const JsonLimits& limits) {
  const std::string where = " (byte " + std::to_string(at) + ").";
  if (error == boost::json::error::too_deep) {
    return {Refusal::malformed_request, "Nested deeper than " + std::to_string(limits.depth) + " levels.", {}, {}, {}};
  }
  return {Refusal::malformed_request, "Not JSON: " + error.message() + where, {}, {}, {}};
}

void write_text(std::string_view text, std::string& out) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += digits[c >> 4];
        out += digits[c & 0xF];
    }
  }
  out.append(text.substr(plain));
  out += '"';
}

template <class Number>
void write_number(Number number, std::string& out) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

void write_padded(unsigned number, int width, std::string& out) {
  char digits[10];
  for (int i = width - 1; i >= 0; --i, number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

void write_timestamp(const Message& time, std::string& out) {
  const auto* reflection = time.GetReflection();
  const auto seconds = reflection->GetInt64(time, time.GetDescriptor()->FindFieldByNumber(1));
  const auto nanos = reflection->GetInt32(time, time.GetDescriptor()->FindFieldByNumber(2));
  const std::chrono::sys_seconds moment{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(moment - day);
  out += '"';
  write_padded(static_cast<unsigned>(static_cast<int>(date.year())), 4, out);
  out += '-';
  write_padded(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  write_padded(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  write_padded(static_cast<unsigned>(clock.hours().count()), 2, out);
  out += ':';
  write_padded(static_cast<unsigned>(clock.minutes().count()), 2, out);
  out += ':';
  write_padded(static_cast<unsigned>(clock.seconds().count()), 2, out);
  out += '.';
  write_padded(static_cast<unsigned>(nanos / 1000), 6, out);
  out += "Z\"";
}

void write_double(double number, std::string& out) {
  if (std::isfinite(number)) {
    write_number(number, out);
  } else {
    out += "null";
  }
}

void write_enum(const FieldDescriptor& field, int number, std::string& out) {
  if (const auto* value = field.enum_type()->FindValueByNumber(number)) {
    write_text(json_name(*value), out);
  } else {
    write_number(number, out);
  }
}

void write_string(const FieldDescriptor& field, const std::string& text, std::string& out) {
  if (field.type() == FieldDescriptor::TYPE_BYTES) {
    write_text(to_base64url(as_bytes(text)), out);
  } else {
    write_text(text, out);
  }
}

void write_message(const FieldDescriptor& field, const Message& message, std::string& out) {
  if (is_timestamp(field)) {
    write_timestamp(message, out);
  } else {
    write_json(message, out);
  }
}

void write_single(const Message& message, const FieldDescriptor& field, std::string& out) {
  const auto& reflection = *message.GetReflection();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return write_number(reflection.GetInt32(message, &field), out);
    case FieldDescriptor::CPPTYPE_INT64: return write_number(reflection.GetInt64(message, &field), out);
    case FieldDescriptor::CPPTYPE_UINT32: return write_number(reflection.GetUInt32(message, &field), out);
    case FieldDescriptor::CPPTYPE_UINT64: return write_number(reflection.GetUInt64(message, &field), out);
    case FieldDescriptor::CPPTYPE_DOUBLE: return write_double(reflection.GetDouble(message, &field), out);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return write_double(static_cast<double>(reflection.GetFloat(message, &field)), out);
    case FieldDescriptor::CPPTYPE_BOOL: out += reflection.GetBool(message, &field) ? "true" : "false"; return;
    case FieldDescriptor::CPPTYPE_ENUM: return write_enum(field, reflection.GetEnumValue(message, &field), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return write_string(field, reflection.GetStringReference(message, &field, &scratch), out);
    case FieldDescriptor::CPPTYPE_MESSAGE: return write_message(field, reflection.GetMessage(message, &field), out);
  }
}

void write_member(const Message& message, const FieldDescriptor& field, int index, std::string& out) {
  const auto& reflection = *message.GetReflection();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return write_number(reflection.GetRepeatedInt32(message, &field, index), out);
    case FieldDescriptor::CPPTYPE_INT64: return write_number(reflection.GetRepeatedInt64(message, &field, index), out);
    case FieldDescriptor::CPPTYPE_UINT32:
      return write_number(reflection.GetRepeatedUInt32(message, &field, index), out);
    case FieldDescriptor::CPPTYPE_UINT64:
      return write_number(reflection.GetRepeatedUInt64(message, &field, index), out);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return write_double(reflection.GetRepeatedDouble(message, &field, index), out);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return write_double(static_cast<double>(reflection.GetRepeatedFloat(message, &field, index)), out);
    case FieldDescriptor::CPPTYPE_BOOL:
      out += reflection.GetRepeatedBool(message, &field, index) ? "true" : "false";
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      return write_enum(field, reflection.GetRepeatedEnumValue(message, &field, index), out);
    case FieldDescriptor::CPPTYPE_STRING:
      return write_string(field, reflection.GetRepeatedStringReference(message, &field, index, &scratch), out);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return write_message(field, reflection.GetRepeatedMessage(message, &field, index), out);
  }
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Misfit> put_as_text(const Slot& slot, std::string_view value) {
  switch (slot.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      if (value == "true" || value == "false") return slot.put_bool(value == "true");
      return slot.wrong_type("another text");
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      if (const auto number = whole_number<std::int64_t>(value)) return slot.put_integer(*number);
      return slot.wrong_type("another text");
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (const auto number = whole_number<double>(value)) return slot.put_double(*number, false);
      return slot.wrong_type("another text");
    default: return slot.put_text(value);
  }
}

}  // namespace

Result<void> read_json(std::string_view text, Message& message, const JsonLimits& limits, Nulls nulls) {
  if (text.empty()) return {};
  if (text.size() > limits.bytes) {
    return refuse(Refusal::body_too_large, "Expected at most " + std::to_string(limits.bytes) + " bytes.");
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::basic_parser<Filler> parser(options, message, nulls);
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (auto& refused = parser.handler().refused) return std::unexpected(*std::move(refused));
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error) return std::unexpected(unreadable(error, read, limits));
  return {};
}

void write_json(const Message& message, std::string& out) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  char before = '{';
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor& field = *descriptor->field(i);
    if (field.has_presence() && !reflection->HasField(message, &field)) continue;
    if (field.is_repeated() && reflection->FieldSize(message, &field) == 0 && is_occasional(field)) continue;
    out += before;
    before = ',';
    out += '"';
    out += field.name();
    out += "\":";
    if (!field.is_repeated()) {
      write_single(message, field, out);
      continue;
    }
    out += '[';
    for (int index = 0; index < reflection->FieldSize(message, &field); ++index) {
      if (index > 0) out += ',';
      write_member(message, field, index, out);
    }
    out += ']';
  }
  if (before == '{') out += '{';
  out += '}';
}

Result<void> read_text_field(std::string_view name, std::string_view value, Message& message) {
  const auto* field = message.GetDescriptor()->FindFieldByName(std::string(name));
  // Whoever reads the refusal needs no more of a name that is not ours.
  std::string shown(inspect(name).valid ? cut(name, 64) : std::string_view());
  if (field == nullptr) return refuse(Refusal::unknown_field, "The call has no such field.", std::move(shown));
  const Slot slot{message, *field};
  if (field->is_repeated() || (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_timestamp(*field))) {
    return refuse(Refusal::wrong_type, "The field can't be given here.", std::move(shown));
  }
  if (message.GetReflection()->HasField(message, field)) {
    return refuse(Refusal::duplicate_field, "The field is repeated.", std::move(shown));
  }
  if (const auto other = rival(message, *field)) {
    return refuse(Refusal::invalid_field, "Expected either this or " + *other + ".", std::move(shown));
  }
  if (auto misfit = put_as_text(slot, value)) return refuse(misfit->why, std::move(misfit->detail), std::move(shown));
  return {};
}

}  // namespace ostiary::contract
