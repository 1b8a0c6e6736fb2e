// Where other people's Python programs are (scripts/test-python); without them their tests are left out.

export const pythonBin = process.env['TEST_PYTHON'];
