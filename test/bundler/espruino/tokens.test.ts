import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { tokenise, untokenise } from "../../../bundler/espruino/tokens.ts";
import { runOctets } from "../../../emulator/espruino/words.ts";

/** Programs that call `print`; between them all tokens that a bundle may have. */
const PROGRAMS: [what: string, program: string][] = [
    ["comparisons", "var a=2,b=3;print(a==b,a!=b,a===2,a!==2,a<=b,a>=b)"],
    ["shifts", "var a=-9;print(a<<2,a>>1,a>>>28);a<<=1;print(a);a>>=2;print(a);a>>>=3;print(a)"],
    ["assignments", "var a=6;a+=2,a-=1,a*=3,a/=7,a%=2;print(a);a|=6;print(a);a&=5;print(a);a^=1;print(a)"],
    ["steps", "var a=1,b=5;print(a++ +b--,a+ ++b,a- --b,a- -b,a+ +b,a-+b);print(-a,+a,!a)"],
    ["choices", "var a=0;print(a||7,a&&7,a?1:2);if(a)print(1);else if(!a)print(2);else print(3)"],
    [
        "loops",
        "var n=0;do n++;while(n<3);while(n<6){n++;if(n==4)continue;if(n==5)break}for(var i=0;i<2;i++)n+=i;print(n)",
    ],
    ["of and in", "for(var a of[1,2])print(a);for(var b in{x:1})print(b);print('x'in{x:1})"],
    ["functions", "var f=a=>a*2,g=(a,b)=>{return a+b},h=function(){return this.n};print(f(2),g(1,2),h.call({n:3}))"],
    ["variables", "let a=1;const b=2;{let a=3;print(a)}print(a+b)"],
    ["errors", 'try{throw"no"}catch(e){print(e)}finally{print("done")}'],
    ["values", "print(!0,!1,void 0,null,undefined,true,false,typeof a,typeof 1,!0&&!1||!0)"],
    ["a minus before a number", "var a=1;print(a-1,a- -1,-1-a,void a,!a,!10)"],
    ["objects", 'var o={n:1,of:2,"if":3};delete o.n;print(JSON.stringify(o),o.of,o.if);print(new Array(2).length)'],
    ["keys that are words", "print(JSON.stringify({undefined:1,true:2,in:3}),{of:4}.of)"],
    [
        "classes",
        "class A{constructor(n){this.n=n}get(){return this.n}static make(){return 4}}class B extends A{constructor(){super(7)}}print(new B().get(),A.make(),new A(1)instanceof A)",
    ],
    ["switch", 'switch(2){case 1:print("a");break;case 2:print("b");default:print("c")}'],
    ["words in texts", 'print("return == if","let\\"of",\'null&&\',`if ${"else"} == ${1==1} \\` of`)'],
    ["regular expressions", 'print("a/b==c".replace(/.b==/,"-"),4/2/1)'],
    ["a word at the end of a function's text", 'print(Function("a","return typeof a")(1))'],
];

function runInNode(run: (context: object) => void): string[] {
    const said: string[] = [];
    run(createContext({ print: (...values: unknown[]) => void said.push(values.map(String).join(" ")) }));
    return said;
}

for (const [what, program] of PROGRAMS) {
    test(`Espruino's octets: ${what}: Node reads the same from them`, () => {
        const octets = tokenise(program);
        const words = runInNode((context) => void runInContext(program, context));
        assert.deepEqual(
            runInNode((context) => runOctets(octets, context)),
            words,
        );
    });
}

for (const variable of ["ESPRUINO", "ESPRUINO_8266"]) {
    const interpreter = process.env[variable] ?? "";
    const skip = interpreter === "" ? `${variable} is not set: genuine Espruino interpreter` : false;
    test(`Espruino's octets: ${variable} reads the same from them`, { skip, timeout: 60_000 }, () => {
        const folder = mkdtempSync(join(tmpdir(), "toque-octets-"));
        const run = (program: string): string => {
            const path = join(folder, "program.js");
            writeFileSync(path, program, "latin1");
            return execFileSync(interpreter, [path], { cwd: folder, encoding: "latin1", timeout: 5000 });
        };
        try {
            for (const [what, program] of PROGRAMS) {
                const said = run(program);
                assert.equal(run(tokenise(program)), said, what);
                assert.doesNotMatch(said, /Uncaught/, what);
            }
        } finally {
            rmSync(folder, { recursive: true, force: true });
        }
    });
}

test("Espruino's octets: those of the firmware's sources", () => {
    // LEX_EQUAL 138, LEX_R_IF 163, LEX_R_RETURN 171, LEX_R_NULL 182, LEX_R_UNDEFINED 183, LEX_R_OF 198 (src/jslex.h)
    assert.equal(tokenise("if(a==null)return void 0"), "\xa3(a\x8a\xb6)\xab\xb7");
    assert.equal(tokenise("for(let a of b)"), "\xa7(\xada\xc6b)");
});

test("Espruino's octets: what is no program of ours is left as it is", () => {
    const texts = ['print("\xc3\xa9")', "// \xc3\xa9\nprint(1)", "print(`\xe2\x82\xac`)", "print('\xe2') /* \x8a */"];
    for (const text of texts) assert.equal(untokenise(text), text);
    assert.throws(() => tokenise('print("\xc3\xa9")'), /above 0x7f/);
});
