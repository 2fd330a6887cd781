<?php
// Adminer from Debian's package, with the server of ADMINER_DEFAULT_SERVER in its form.
function adminer_object() {
    return new class extends Adminer\Adminer {
        function loginFormField($name, $heading, $value) {
            $server = getenv('ADMINER_DEFAULT_SERVER') ?: 'db';
            return parent::loginFormField($name, $heading, $name === 'server' ? str_replace('value=""', 'value="' . htmlspecialchars($server) . '"', $value) : $value);
        }
    };
}
include '/usr/share/adminer/adminer.php';
