# Ruby's serialisers on the lines of the standard input, and Sinatra under Puma on a port: ruby.rb PORT
# See node.mjs for what a server answers.

require "base64"
require "cgi"
require "json"
require "puma"
require "rack"
require "sinatra/base"
require "uri"
require "yaml"

$stdout.sync = true

def tried(made)
  made.each_with_object({}) do |(name, make), results|
    value = make.call
    results[name] = value if value
  rescue StandardError
    nil
  end
end

class App < Sinatra::Base
  set :environment, :production
  set :protection, false
  set :host_authorization, {}

  handle = proc do
    raw = request.body.read
    parsed = raw.empty? ? nil : JSON.parse(raw)
    https = "https://#{request.host_with_port}"
    urls = {
      raw: -> { request.url },
      path: -> { https + request.path },
      rackBuild: -> { "#{https}#{request.path}?#{Rack::Utils.build_query(Rack::Utils.parse_query(request.query_string))}" },
      rackNested: -> { "#{https}#{request.path}?#{Rack::Utils.build_nested_query(Rack::Utils.parse_nested_query(request.query_string))}" },
      encodeForm: -> { "#{https}#{request.path}?#{URI.encode_www_form(request.GET)}" },
      unescapedPath: -> { "#{https}#{Rack::Utils.unescape_path(request.path)}?#{request.query_string}" },
      fullPath: -> { "https://#{request.host}#{request.fullpath}" },
      baseUrl: -> { request.base_url + request.path_info },
      sortedParams: -> { "#{https}#{request.path}?#{URI.encode_www_form(request.GET.sort)}" },
    }
    bodies = {
      toJson: -> { parsed.to_json },
      pretty: -> { JSON.pretty_generate(parsed) },
      hashInspect: -> { parsed.to_s },
      again: -> { request.body.read },
    }
    cgi = request.env.select { |name, value| name.start_with?("HTTP_", "CONTENT_") && value.is_a?(String) }
    content_type "application/json"
    JSON.generate({ h: [], c: cgi.to_a, u: tried(urls), b: tried(bodies).transform_values { |v| Base64.strict_encode64(v) } })
  end
  %i[get post put patch delete].each { |verb| send(verb, "/*", &handle) }
end

server = Puma::Server.new(App, Puma::Events.null)
server.add_tcp_listener("127.0.0.1", ARGV[0].to_i)
server.run

BYTES = {
  toJson: ->(b) { JSON.parse(b).to_json },
  pretty: ->(b) { JSON.pretty_generate(JSON.parse(b)) },
  asciiOnly: ->(b) { JSON.generate(JSON.parse(b), ascii_only: true) },
  scriptSafe: ->(b) { JSON.generate(JSON.parse(b), script_safe: true) },
  railsEscaped: ->(b) { JSON.generate(JSON.parse(b)).gsub(/[<>&\u2028\u2029]/) { |c| format('\u%04x', c.ord) } },
  spaced: ->(b) { JSON.generate(JSON.parse(b), space: " ", object_nl: "", array_nl: "") },
  symbolized: ->(b) { JSON.generate(JSON.parse(b, symbolize_names: true)) },
  compacted: ->(b) { v = JSON.parse(b); JSON.generate(v.is_a?(Hash) ? v.compact : v.map(&:compact)) },
  sortedKeys: ->(b) { v = JSON.parse(b); JSON.generate(v.is_a?(Hash) ? v.sort.to_h : v.map { |e| e.sort.to_h }) },
  hashInspect: ->(b) { JSON.parse(b).inspect },
  inspectString: ->(b) { b.dup.force_encoding("UTF-8").inspect },
  dump: ->(b) { b.dump },
  bytes: ->(b) { b.bytes.to_s },
  unpack: ->(b) { b.unpack("C*").join(" ") },
  twice: ->(b) { b.dup.force_encoding("UTF-8").to_json },
  yaml: ->(b) { YAML.dump(JSON.parse(b)) },
  base64: ->(b) { Base64.strict_encode64(b) },
  b64mime: ->(b) { Base64.encode64(b) },
  hex: ->(b) { b.unpack1("H*") },
  cgiEscape: ->(b) { CGI.escapeHTML(b.dup.force_encoding("UTF-8")) },
  urlencode: ->(b) { CGI.escape(b) },
  toLatin1: ->(b) { b.dup.force_encoding("UTF-8").encode("ISO-8859-1", undef: :replace) },
  latin1: ->(b) { b.dup.force_encoding("ISO-8859-1").encode("UTF-8") },
  lossyAscii: ->(b) { b.dup.force_encoding("UTF-8").encode("US-ASCII", undef: :replace, replace: "?") },
  scrub: ->(b) { b.dup.force_encoding("US-ASCII").scrub("?") },
  newline: ->(b) { "#{b}\n" },
  trim: ->(b) { b.strip },
  utf16bom: ->(b) { b.dup.force_encoding("UTF-8").encode("UTF-16") },
}.freeze

def rebuilt(url)
  base, query = url.split("?", 2)
  "#{base}?#{yield(query.to_s)}"
end

URLS = {
  parseToS: ->(u) { URI.parse(u).to_s },
  normalize: ->(u) { URI.parse(u).normalize.to_s },
  buildQuery: ->(u) { rebuilt(u) { |q| Rack::Utils.build_query(Rack::Utils.parse_query(q)) } },
  encodeForm: ->(u) { rebuilt(u) { |q| URI.encode_www_form(URI.decode_www_form(q)) } },
  cgiUnescape: ->(u) { CGI.unescape(u) },
  cgiEscapeHtml: ->(u) { CGI.escapeHTML(u) },
  toQuery: ->(u) { rebuilt(u) { |q| Rack::Utils.parse_query(q).sort.map { |k, v| "#{CGI.escape(k)}=#{CGI.escape(v)}" }.join("&") } },
}.freeze

versions = { ruby: RUBY_VERSION, rack: Rack.release, sinatra: Sinatra::VERSION, puma: Puma::Const::VERSION, "ruby json": JSON::VERSION }
puts JSON.generate({ versions: versions, ops: BYTES.keys, urls: URLS.keys })
$stdin.each_line do |line|
  job = JSON.parse(line)
  made = job["url"] ? URLS[job["op"].to_sym].call(job["url"]) : BYTES[job["op"].to_sym].call(Base64.decode64(job["body"]))
  puts JSON.generate({ out: Base64.strict_encode64(made) })
rescue StandardError => e
  puts JSON.generate({ error: e.message.dup.force_encoding("UTF-8").scrub })
end
