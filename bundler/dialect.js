// ESLint rules for what becomes Espruino JavaScript and Lua. Each message says what the board does with the construct.

/** @param {[selector: string, message: string][]} rows */
const restrict = (rows) => rows.map(([selector, message]) => ({ selector, message }));

/** Neither Espruino nor a small Lua can take these, in any folder of the device. */
export const EVERYWHERE = restrict([
    ["BinaryExpression[operator=/^(&|\\||\\^|<<|>>|>>>)$/]", "Lua 5.1 has no bit operators: use %, / and -."],
    ["AssignmentExpression[operator=/^(&|\\||\\^|<<|>>|>>>)=$/]", "Lua 5.1 has no bit operators: use %, / and -."],
    ["UnaryExpression[operator='~']", "Lua 5.1 has no bit operators: use arithmetic."],
    ["ClassDeclaration, ClassExpression", "Classes cost kilobytes of Lua library: use a record and functions."],
    [":function[async=true], AwaitExpression", "Espruino has no async functions: use a callback."],
    [":function[generator=true], YieldExpression", "Espruino has no generators."],
    ["NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet|Promise|Proxy|RegExp)$/]", "Not on a board: use a record."],
    ["SpreadElement", "Espruino has no spread: name the fields, or push one by one."],
    ["RestElement", "Espruino has no rest parameters or patterns."],
    ["ObjectPattern, ArrayPattern", "Espruino has no destructuring: read the fields."],
    ["AssignmentPattern", "Espruino has no default values: compare with undefined."],
    ["Literal[regex]", "Espruino's regular expressions are silently wrong, Lua has none: compare characters."],
    ["LabeledStatement", "Espruino has no labels: return from a function."],
    ["ChainExpression", "Espruino has no optional chaining: compare with undefined."],
    ["AssignmentExpression[operator=/^(\\?\\?|\\|\\||&&|\\*\\*)=$/]", "Espruino has no such assignment: write it out."],
    ["BinaryExpression[operator='**']", "Espruino has no **: multiply, or Math.pow and Math.floor."],
    ["ObjectExpression > Property[computed=true]", "Espruino has no computed keys: assign after the literal."],
    ["TaggedTemplateExpression", "Espruino has no tagged templates."],
    ["ForInStatement", "Key order differs on each runtime: keep an array."],
    ["SwitchStatement > SwitchCase[test=null]:not(:last-child)", "Espruino wants default last in a switch."],
    [
        "CallExpression[callee.property.name='toString'][arguments.length>0]",
        "NodeMCU has no math.modf, toString(16) dies.",
    ],
    ["Literal[value=/[^\\u0000-\\u007f]/]", "Lua would write this as UTF-8: String.fromCharCode(…) makes octets."],
    [
        "TemplateElement[value.cooked=/[^\\u0000-\\u007f]/]",
        "Lua would write this as UTF-8: use String.fromCharCode(…).",
    ],
    ["VariableDeclaration[kind='var']", "Use const or let."],
    ["Property[kind=/^(get|set)$/]", "Getters cost a Lua library: use a function."],
    ["TSEnumDeclaration[const=false]", "An enum builds a table at run time: use a union of strings."],
    ["AssignmentExpression[left.property.name='length']", "Espruino cannot assign length: make a new array."],
]);

/** Only a board's own folder may use these: they need its library, or a platform. */
export const CORE = restrict([
    ["TryStatement", "The core throws nothing, so it catches nothing: what goes wrong is an event."],
    ["ThrowStatement", "The core throws nothing: what goes wrong is an event in the table."],
    ["Literal[raw='null']", "null and undefined are one value in Lua: use undefined."],
    ["TSNullKeyword", "null and undefined are one value in Lua: use undefined."],
    [
        "CallExpression[callee.property.name=/^(substr|split|trim|replace|match|search|localeCompare|lastIndexOf)$/]",
        "Needs a Lua library: use slice, indexOf and charCodeAt.",
    ],
    [
        "CallExpression[callee.property.name=/^(splice|unshift|concat|forEach|map|filter|reduce|some|every|sort|reverse)$/]",
        "Needs a Lua library: write the loop.",
    ],
    ["CallExpression[callee.property.name='push'][arguments.length!=1]", "Needs a Lua library: push one by one."],
    ["UnaryExpression[operator='delete']", "Needs a Lua library: set it to undefined."],
]);

/** A clock, a random number and a log are arguments of the core, never globals; and Lua has none of these. */
export const NO_GLOBALS = [
    "Date",
    "JSON",
    "console",
    "setTimeout",
    "setInterval",
    "clearTimeout",
    "clearInterval",
    "process",
    "Buffer",
];

/** NodeMCU's Lua 5.1 refuses a function with more than 50 active locals; typescript-to-lua adds some of its own. */
const MAX_LOCALS = 45;

/** Counts the names one function (or a file) holds, those of nested functions excluded. */
function countLocals(scope) {
    let count = scope.variables.filter((variable) => variable.name !== "arguments" && isLocal(variable)).length;
    for (const child of scope.childScopes) {
        if (child.type !== "function") count += countLocals(child);
    }
    return count;
}

/** Types leave no trace in Lua. */
function isLocal(variable) {
    return variable.defs.some((definition) => definition.type !== "Type" && !isTypeImport(definition));
}

function isTypeImport(definition) {
    return definition.type === "ImportBinding" && definition.parent.importKind === "type";
}

export const dialect = {
    rules: {
        "max-locals": {
            meta: {
                type: "problem",
                schema: [],
                messages: { many: "{{count}} locals here; NodeMCU's Lua stops at 50. Split it." },
            },
            create(context) {
                const check = (node, scope) => {
                    const count = countLocals(scope);
                    if (count > MAX_LOCALS) context.report({ node, messageId: "many", data: { count: String(count) } });
                };
                return {
                    ":function": (node) => check(node, context.sourceCode.getScope(node)),
                    Program(node) {
                        const top = context.sourceCode.getScope(node);
                        check(node, top.childScopes.find((scope) => scope.type === "module") ?? top);
                    },
                };
            },
        },
        "loop-closure": {
            meta: {
                type: "problem",
                schema: [],
                messages: {
                    last: "On Espruino every closure sees the last {{name}}: copy it to a const inside the body.",
                },
            },
            create(context) {
                const check = (node, declaration) => {
                    if (declaration === null || declaration.type !== "VariableDeclaration") return;
                    for (const variable of context.sourceCode.getDeclaredVariables(declaration)) {
                        const captured = variable.references.find(
                            (reference) => reference.from.variableScope !== variable.scope.variableScope,
                        );
                        if (captured !== undefined) {
                            context.report({
                                node: captured.identifier,
                                messageId: "last",
                                data: { name: variable.name },
                            });
                        }
                    }
                };
                return {
                    ForStatement: (node) => check(node, node.init),
                    ForOfStatement: (node) => check(node, node.left),
                };
            },
        },
    },
};
