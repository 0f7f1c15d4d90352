// What the types do not tell of our modules (.ci/javascript): names nobody uses, comparisons that convert, and the like.
const RULES = [
  "array-callback-return",
  "consistent-this",
  "eqeqeq",
  "no-constant-binary-expression",
  "no-constant-condition",
  "no-dupe-else-if",
  "no-duplicate-imports",
  "no-empty",
  "no-eval",
  "no-fallthrough",
  "no-implied-eval",
  "no-redeclare",
  "no-self-assign",
  "no-self-compare",
  "no-shadow-restricted-names",
  "no-unreachable",
  "no-unsafe-optional-chaining",
  "no-unused-expressions",
  "no-unused-vars",
  "no-useless-catch",
  "no-useless-concat",
  "no-useless-escape",
  "no-useless-rename",
  "no-var",
  "object-shorthand",
  "prefer-const",
  "prefer-template",
];

module.exports = [
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...Object.fromEntries(RULES.map((each) => [each, "error"])),
      "no-unused-expressions": ["error", { allowShortCircuit: true }],
    },
  },
];
