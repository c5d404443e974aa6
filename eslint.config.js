// The rules for the scripts that browsers get (live/front) and for their tests (tests/front).
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import globals from "globals";

export default defineConfig(
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      complexity: ["error", 15],
      eqeqeq: "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["live/front/**"], languageOptions: { globals: globals.browser } },
  { files: ["tests/front/**"], languageOptions: { globals: globals.nodeBuiltin } },
);
