<?php
// PHP's serialisers on the lines of the standard input, and under `php -S` a server: php.php, or php -S HOST:PORT php.php.
// See node.mjs for what a server answers.

require_once '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';

use Symfony\Component\HttpFoundation\HeaderUtils;
use Symfony\Component\HttpFoundation\Request;

function tried(array $made): array
{
    $results = [];
    foreach ($made as $name => $make) {
        try {
            $value = $make();
            if (is_string($value)) {
                $results[$name] = $value;
            }
        } catch (\Throwable) {
        }
    }
    return $results;
}

if (PHP_SAPI === 'cli-server') {
    $raw = file_get_contents('php://input');
    $parsed = json_decode($raw, true);
    $objects = json_decode($raw);
    $origin = 'https://' . $_SERVER['HTTP_HOST'];
    $target = $_SERVER['REQUEST_URI'];
    $path = parse_url($target, PHP_URL_PATH) ?: $target;
    $query = $_SERVER['QUERY_STRING'] ?? '';
    $symfony = Request::createFromGlobals();
    $urls = [
        'raw' => fn() => 'http://' . $_SERVER['HTTP_HOST'] . $target,
        'buildQuery' => fn() => "$origin$path?" . http_build_query($_GET),
        'buildQueryRfc3986' => fn() => "$origin$path?" . http_build_query($_GET, '', '&', PHP_QUERY_RFC3986),
        'buildQueryHtml' => fn() => "$origin$path?" . http_build_query($_GET, '', '&amp;'),
        'symfonyUri' => fn() => $symfony->getUri(),
        'symfonyHttps' => fn() => str_replace('http://', 'https://', $symfony->getUri()),
        'symfonyNormalized' => fn() => "$origin$path?" . Request::normalizeQueryString($query),
        'symfonyPathInfo' => fn() => $symfony->getSchemeAndHttpHost() . $symfony->getPathInfo(),
        'urldecode' => fn() => $origin . urldecode($target),
        'rawurldecode' => fn() => $origin . rawurldecode($target),
        'htmlspecialchars' => fn() => $origin . htmlspecialchars($target),
        'scriptName' => fn() => $origin . $_SERVER['SCRIPT_NAME'] . ($query === '' ? '' : "?$query"),
        'filterVar' => fn() => filter_var($origin . $target, FILTER_SANITIZE_URL),
        'ksort' => function () use ($origin, $path) {
            $sorted = $_GET;
            ksort($sorted);
            return "$origin$path?" . http_build_query($sorted);
        },
    ];
    $bodies = [
        'encode' => fn() => json_encode($parsed),
        'objects' => fn() => json_encode($objects),
        'symfonyContent' => fn() => json_encode($symfony->toArray()),
        'emptyPost' => fn() => json_encode($_POST),
    ];
    $cgi = [];
    foreach ($_SERVER as $name => $value) {
        if (str_starts_with($name, 'HTTP_') || str_starts_with($name, 'CONTENT_')) {
            $cgi[] = [$name, (string) $value];
        }
    }
    $headers = [];
    foreach (getallheaders() as $name => $value) {
        $headers[] = [$name, $value];
    }
    header('Content-Type: application/json');
    echo json_encode(
        ['h' => $headers, 'c' => $cgi, 'u' => (object) tried($urls), 'b' => (object) array_map('base64_encode', tried($bodies))],
        JSON_INVALID_UTF8_SUBSTITUTE,
    );
    return true;
}

$bytes = [
    'encode' => fn($b) => json_encode(json_decode($b, true)),
    'encodeObjects' => fn($b) => json_encode(json_decode($b)),
    'encodeSlashes' => fn($b) => json_encode(json_decode($b), JSON_UNESCAPED_SLASHES),
    'encodeUnicode' => fn($b) => json_encode(json_decode($b), JSON_UNESCAPED_UNICODE),
    'encodePretty' => fn($b) => json_encode(json_decode($b), JSON_PRETTY_PRINT),
    'encodePlain' => fn($b) => json_encode(json_decode($b, true), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES),
    'encodeHex' => fn($b) => json_encode(json_decode($b), JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT),
    'encodeFloat' => fn($b) => json_encode(json_decode($b), JSON_PRESERVE_ZERO_FRACTION),
    'encodeNumeric' => fn($b) => json_encode(json_decode($b), JSON_NUMERIC_CHECK),
    'twice' => fn($b) => json_encode($b),
    'printR' => fn($b) => print_r(json_decode($b, true), true),
    'varExport' => fn($b) => var_export(json_decode($b, true), true),
    'serialize' => fn($b) => serialize(json_decode($b, true)),
    'httpBuildQuery' => fn($b) => http_build_query(json_decode($b, true)),
    'urlencode' => fn($b) => urlencode($b),
    'rawurlencode' => fn($b) => rawurlencode($b),
    'htmlspecialchars' => fn($b) => htmlspecialchars($b),
    'utf8Encode' => fn($b) => @utf8_encode($b),
    'toLatin1' => fn($b) => @utf8_decode($b),
    'base64' => fn($b) => base64_encode($b),
    'hex' => fn($b) => bin2hex($b),
    'b64mime' => fn($b) => chunk_split(base64_encode($b)),
    'trim' => fn($b) => trim($b),
    'addslashes' => fn($b) => addslashes($b),
    'nl2crlf' => fn($b) => str_replace("\n", "\r\n", $b),
    'stripTags' => fn($b) => strip_tags($b),
];

function rebuilt(string $url, callable $query, bool $sorted = false): string
{
    [$base, $text] = explode('?', $url, 2) + [1 => ''];
    parse_str($text, $parameters);
    if ($sorted) {
        ksort($parameters);
    }
    return "$base?" . $query($parameters);
}

$url = [
    'rebuilt' => fn($u) => rebuilt($u, http_build_query(...)),
    'rebuiltRfc3986' => fn($u) => rebuilt($u, fn($p) => http_build_query($p, '', '&', PHP_QUERY_RFC3986)),
    'urldecode' => fn($u) => urldecode($u),
    'htmlentities' => fn($u) => htmlentities($u),
    'symfonyCreate' => fn($u) => Request::create($u)->getUri(),
    'headerUtils' => fn($u) => explode('?', $u)[0] . '?' . http_build_query(HeaderUtils::parseQuery(explode('?', $u)[1] ?? ''), '', '&', PHP_QUERY_RFC3986),
    'rawurlencodeTarget' => fn($u) => substr($u, 0, strpos($u, '/', 9) + 1) . str_replace(['%2F', '%3F', '%3D', '%26'], ['/', '?', '=', '&'], rawurlencode(substr($u, strpos($u, '/', 9) + 1))),
];

ini_set('serialize_precision', '-1');
$symfony = trim((string) shell_exec("dpkg-query -W -f '\${Version}' php-symfony-http-foundation"));
echo json_encode(['versions' => ['php' => PHP_VERSION, 'symfony/http-foundation' => $symfony], 'ops' => array_keys($bytes), 'urls' => array_keys($url)]), "\n";
while (($line = fgets(STDIN)) !== false) {
    $job = json_decode($line, true);
    try {
        $made = isset($job['url']) ? $url[$job['op']]($job['url']) : $bytes[$job['op']](base64_decode($job['body']));
        echo json_encode(['out' => base64_encode((string) $made)]), "\n";
    } catch (\Throwable $error) {
        echo json_encode(['error' => (string) $error->getMessage()]), "\n";
    }
}
