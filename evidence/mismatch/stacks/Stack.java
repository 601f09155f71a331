// Java's serialisers on the lines of the standard input: Jackson, Gson and the platform's own.

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

class Stack {
    interface Op {
        Object make(byte[] body, String text) throws Exception;
    }

    public static class Event {
        public Long eventId, subscriptionId, portalId, appId, occurredAt;
        public String subscriptionType;
        public Integer attemptNumber;
        public Long objectId;
        public String propertyName, propertyValue, changeSource, sourceId, changeFlag, messageId;
    }

    static final ObjectMapper JACKSON = new ObjectMapper();

    static Map<String, String> parameters(String query) throws Exception {
        Map<String, String> all = new LinkedHashMap<>();
        for (String one : query.split("&")) {
            String[] pair = one.split("=", 2);
            all.put(URLDecoder.decode(pair[0], "UTF-8"), pair.length > 1 ? URLDecoder.decode(pair[1], "UTF-8") : "");
        }
        return all;
    }

    static String joined(Map<String, String> parameters) {
        return parameters.entrySet().stream()
            .map(e -> URLEncoder.encode(e.getKey(), StandardCharsets.UTF_8) + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    }

    public static void main(String[] arguments) throws Exception {
        Gson gson = new Gson();
        ObjectMapper ascii = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
        ObjectMapper sorted = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
        ObjectMapper typed = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();
        ObjectMapper nonNull = JsonMapper.builder().serializationInclusion(JsonInclude.Include.NON_NULL)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY).build();
        ObjectMapper decimals = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN).build();

        Map<String, Op> ops = new LinkedHashMap<>();
        ops.put("jackson", (b, t) -> JACKSON.writeValueAsString(JACKSON.readValue(b, Object.class)));
        ops.put("jacksonTree", (b, t) -> JACKSON.readTree(b).toString());
        ops.put("jacksonTreePretty", (b, t) -> JACKSON.readTree(b).toPrettyString());
        ops.put("jacksonPretty", (b, t) -> JACKSON.writerWithDefaultPrettyPrinter().writeValueAsString(JACKSON.readValue(b, Object.class)));
        ops.put("jacksonAscii", (b, t) -> ascii.writeValueAsString(ascii.readTree(b)));
        ops.put("jacksonSorted", (b, t) -> sorted.writeValueAsString(sorted.readValue(b, Object.class)));
        ops.put("jacksonDecimals", (b, t) -> decimals.writeValueAsString(decimals.readValue(b, Object.class)));
        ops.put("jacksonTyped", (b, t) -> typed.writeValueAsString(typed.readValue(b, Event[].class)));
        ops.put("jacksonTypedSorted", (b, t) -> nonNull.writeValueAsString(nonNull.readValue(b, Event[].class)));
        ops.put("bytesJson", (b, t) -> JACKSON.writeValueAsString(b));
        ops.put("twice", (b, t) -> JACKSON.writeValueAsString(t));
        ops.put("gson", (b, t) -> gson.toJson(gson.fromJson(t, Object.class)));
        ops.put("gsonTree", (b, t) -> gson.toJson(JsonParser.parseString(t)));
        ops.put("gsonPretty", (b, t) -> new GsonBuilder().setPrettyPrinting().create().toJson(JsonParser.parseString(t)));
        ops.put("gsonPlain", (b, t) -> new GsonBuilder().disableHtmlEscaping().serializeNulls().create().toJson(JsonParser.parseString(t)));
        ops.put("gsonNoNulls", (b, t) -> gson.toJson(gson.fromJson(t, com.google.gson.JsonElement.class)));
        ops.put("gsonTwice", (b, t) -> gson.toJson(t));
        ops.put("toString", (b, t) -> JACKSON.readValue(b, Object.class));
        ops.put("arraysToString", (b, t) -> Arrays.toString(b));
        ops.put("gsonBytes", (b, t) -> gson.toJson(b));
        ops.put("base64", (b, t) -> Base64.getEncoder().encodeToString(b));
        ops.put("b64mime", (b, t) -> Base64.getMimeEncoder().encodeToString(b));
        ops.put("hex", (b, t) -> HexFormat.of().formatHex(b));
        ops.put("hexUpper", (b, t) -> HexFormat.ofDelimiter(":").withUpperCase().formatHex(b));
        ops.put("latin1", (b, t) -> new String(b, StandardCharsets.ISO_8859_1));
        ops.put("ascii", (b, t) -> new String(b, StandardCharsets.US_ASCII));
        ops.put("toLatin1", (b, t) -> t.getBytes(StandardCharsets.ISO_8859_1));
        ops.put("utf16bom", (b, t) -> t.getBytes(StandardCharsets.UTF_16));
        ops.put("utf16be", (b, t) -> t.getBytes(StandardCharsets.UTF_16BE));
        ops.put("urlencode", (b, t) -> URLEncoder.encode(t, StandardCharsets.UTF_8));
        ops.put("trim", (b, t) -> t.strip());
        ops.put("readLine", (b, t) -> new BufferedReader(new java.io.StringReader(t)).lines().collect(Collectors.joining()));
        ops.put("readLineJoined", (b, t) -> new BufferedReader(new java.io.StringReader(t)).lines().collect(Collectors.joining(System.lineSeparator())));

        Map<String, Op> urls = new LinkedHashMap<>();
        urls.put("uriGetPath", (b, t) -> { URI u = URI.create(t); return u.getScheme() + "://" + u.getAuthority() + u.getPath() + (u.getQuery() == null ? "" : "?" + u.getQuery()); });
        urls.put("uriParts", (b, t) -> { URI u = URI.create(t); return new URI(u.getScheme(), u.getAuthority(), u.getPath(), u.getQuery(), null).toString(); });
        urls.put("uriHost", (b, t) -> { URI u = URI.create(t); return u.getScheme() + "://" + u.getHost() + u.getRawPath() + (u.getRawQuery() == null ? "" : "?" + u.getRawQuery()); });
        urls.put("urlDecoder", (b, t) -> URLDecoder.decode(t, StandardCharsets.UTF_8));
        urls.put("parameterMap", (b, t) -> { String[] p = t.split("\\?", 2); return p[0] + "?" + joined(parameters(p[1])); });
        urls.put("treeMap", (b, t) -> { String[] p = t.split("\\?", 2); return p[0] + "?" + joined(new TreeMap<>(parameters(p[1]))); });
        urls.put("requestUrl", (b, t) -> { URL u = new URL(t); return u.getProtocol() + "://" + u.getHost() + u.getPath(); });
        urls.put("asciiString", (b, t) -> URI.create(t).toASCIIString());
        urls.put("normalize", (b, t) -> URI.create(t).normalize().toString());
        urls.put("queryEncoded", (b, t) -> { String[] p = t.split("\\?", 2); return p[0] + "?" + URLEncoder.encode(p[1], StandardCharsets.UTF_8); });

        Map<String, Object> hello = new LinkedHashMap<>();
        hello.put("versions", Map.of("java", Runtime.version().toString(), "jackson", com.fasterxml.jackson.databind.cfg.PackageVersion.VERSION.toString(), "gson", arguments[0]));
        hello.put("ops", ops.keySet());
        hello.put("urls", urls.keySet());
        System.out.println(JACKSON.writeValueAsString(hello));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            Map<?, ?> job = JACKSON.readValue(line, Map.class);
            try {
                String op = (String) job.get("op");
                Object made;
                if (job.get("url") instanceof String url) {
                    made = urls.get(op).make(null, url);
                } else {
                    byte[] body = Base64.getDecoder().decode((String) job.get("body"));
                    made = ops.get(op).make(body, new String(body, StandardCharsets.UTF_8));
                }
                byte[] out = made instanceof byte[] bytes ? bytes : made.toString().getBytes(StandardCharsets.UTF_8);
                System.out.println(JACKSON.writeValueAsString(Map.of("out", Base64.getEncoder().encodeToString(out))));
            } catch (Exception error) {
                System.out.println(JACKSON.writeValueAsString(Map.of("error", error.toString())));
            }
        }
    }
}
