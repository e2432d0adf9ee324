import java.nio.charset.StandardCharsets;
import java.io.PrintStream;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.core.SimpleAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.*;

/** Prints, for each text, its tokens as Lucene's analyzers cut it: analyzer, text, then token@start-end:type. */
public class Tokens {
    static final String[] TEXTS = {
        "", " ", "Hello, World!", "a1-B2_c3", "_", "__x__", "_1_", "a__b", "foo.bar", "foo..bar", "foo.", ".foo", "3.14",
        "3,14", "1,234.56", "1.2.3", "a.1", "1.a", "1a.b2", "don't", "'quoted'", "o\u2019neil", "rock'n'roll", "a:b",
        "a;b", "1;2", "1:2", "x@y.com", "http://example.com/a?b=c", "C++ c# .NET", "AT&T", "U.S.A.", "e-mail",
        "na\u00efve CAF\u00c9", "\u00c4\u00d6\u00dc stra\u00dfe", "\u0391\u0392\u0393 \u03b4 \u03a3\u03bf\u03c6\u03cc\u03c2",
        "\u0130stanbul I\u0131", "e\u0301te\u0301", "\u0301abc", "foo\u2013bar", "\u2026", "x\u2026y", "a\u00adb", "a\u200bb", "a\u200db",
        "\u65e5\u672c\u8a9e", "abc\u65e5def", "\u3072\u3089\u30ab\u30bf\u30ab\u30ca", "\u30ab\u30bf\u30ab\u30ca\u30fc", "\uff76\uff80\uff76\uff85",
        "\u30ab1", "1\u30ab", "a\u30ab", "\u30ab_a", "\u30ab_1", "\u3005\u3007", "\u4e00\u309a\u30a2",
        "\ud55c\uad6d\uc5b4 \uae00", "\ud55ca", "\ud55c1", "\ud55c_", "\u1112\u1161\u11ab",
        "\u0e1b\u0e23\u0e30\u0e40\u0e17\u0e28\u0e44\u0e17\u0e22", "\u0e01\u0e34\u0e19 \u0e02\u0e49\u0e32\u0e27 abc\u0e01", "\u0e51\u0e52\u0e53", "\u0e81\u0eb2\u0e99",
        "\u1781\u17d2\u1789\u17bb\u17c6", "\u0661\u0662\u0663", "\uff11\uff12\uff13", "\uff21\uff22", "\u0915\u094d\u0937\u0947\u0924\u094d\u0930",
        "\u05d0\u05d1\u05d2", "\u05d0'\u05d1", "\u05d0\"\u05d1", "\u05d0'", "\u05d0' \u05d1", "\u05d0\"", "\u05d0'1", "\u0633\u0644\u0627\u0645 \u062f\u0646\u06cc\u0627",
        "\ud83d\udeb2bike\ud83d\udeb2", "\ud83d\ude00\ud83d\ude01", "\ud83d\udc4d\ud83c\udffd", "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
        "\ud83c\udde9\ud83c\uddea", "\ud83c\udde9", "\ud83c\udde9\ud83c\uddea\ud83c\uddeb", "1\ufe0f\u20e3", "#\ufe0f\u20e3", "#", "*", "1#", "\u00a9", "\u00ae\u2122",
        "\u2764\ufe0f", "\u2764", "\u2764\ufe0e", "\ud83c\udff4\udb40\udc67\udb40\udc62\udb40\udc65\udb40\udc6e\udb40\udc67\udb40\udc7f",
        "\ud83d\udc69\u200d\ud83d\ude80 x", "\ud83c\udffd", "\ud835\udc00\ud835\udc01", "\ud840\udc00\ud840\udc01",
        "tab\tnew\nline\u00a0nbsp\u2003em", "\u212b\u2126", "\u01c5x", "\ufb01n", "A\u030angstr\u00f6m", "x\u00b2 \u00bd",
        "12:30", "10.000,5", "v1.2.3-beta", "a.b.c", "a..b", "a.'b", "a'.b", "1.'2", "a_.b", "a._b", "can''t", "\u3030 \u303d", "\"q\"",
    };

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        StringBuilder longWord = new StringBuilder();
        for (int i = 0; i < 600; i++) longWord.append('A');
        StringBuilder longMixed = new StringBuilder();
        for (int i = 0; i < 300; i++) longMixed.append(i % 2 == 0 ? "\u00c9" : "x");
        StringBuilder longDotted = new StringBuilder();
        for (int i = 0; i < 200; i++) longDotted.append("a.");
        StringBuilder longPlane = new StringBuilder();
        for (int i = 0; i < 200; i++) longPlane.append("\ud835\udc00");
        Analyzer[] analyzers = {new StandardAnalyzer(), new SimpleAnalyzer(), new WhitespaceAnalyzer()};
        String[] names = {"standard", "simple", "whitespace"};
        for (int i = 0; i < analyzers.length; i++) {
            for (String text : TEXTS) print(out, names[i], analyzers[i], text);
            for (StringBuilder text : new StringBuilder[] {longWord, longMixed, longDotted, longPlane})
                print(out, names[i], analyzers[i], text.toString());
        }
        out.flush();
    }

    static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            if (c == '\\') escaped.append("\\\\");
            else if (c > 0x20 && c < 0x7f) escaped.append(c);
            else escaped.append(String.format("\\u%04x", (int) c));
        }
        return escaped.toString();
    }

    static void print(PrintStream out, String name, Analyzer analyzer, String text) throws Exception {
        StringBuilder line = new StringBuilder(name).append('\t').append(escape(text));
        TokenStream stream = analyzer.tokenStream("f", text);
        CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
        OffsetAttribute offsets = stream.addAttribute(OffsetAttribute.class);
        TypeAttribute type = stream.addAttribute(TypeAttribute.class);
        stream.reset();
        while (stream.incrementToken())
            line.append('\t').append(escape(term.toString())).append('\t').append(offsets.startOffset()).append('-')
                .append(offsets.endOffset()).append(':').append(type.type());
        stream.end();
        stream.close();
        out.println(line);
    }
}
