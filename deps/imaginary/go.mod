// Imaginary, as the tests of the remote processor run it: nothing of it is part of the server.
module imcaxy/deps/imaginary

go 1.21

require github.com/h2non/imaginary v1.2.4
