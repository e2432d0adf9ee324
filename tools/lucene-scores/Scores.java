import java.io.PrintStream;
import java.nio.file.Files;
import java.util.*;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.document.*;
import org.apache.lucene.index.*;
import org.apache.lucene.search.*;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.*;

/**
 * Prints scores of Lucene's BM25Similarity, which from version 8 on has no factor (k1 + 1).
 *
 * Two indices of one segment each, documents in the order of their numbers:
 * "grid": for each length 1..100 and each frequency 1..min(20, length), a document whose text is "hit" frequency
 * times and then "pad" up to the length. "small": the texts of SMALL, with a keyword beside each.
 * A line is: index, query, document, score.
 */
public class Scores {
    static final String[] SMALL = {
        "the quick brown fox", "quick quick fox", "brown fox jumps over the lazy dog",
        "lazy lazy lazy dog dog", "the fox the fox the fox", "quick", "a quick brown dog and a brown fox quick brown",
        "fox brown quick", "one two three four five six seven eight nine ten quick", "brown x fox", "fox x x brown",
        "quack quirk quicks quicky", "the dog jumps over the brown fox and the fox jumps over the dog",
    };
    static final String[] KEYS = {"a", "b", "a", "c", "a", "b", "d", "a", "c", "b", "a", "e", "a"};

    static PrintStream out;

    public static void main(String[] arguments) throws Exception {
        out = new PrintStream(System.out, false, "UTF-8");
        grid();
        small();
        out.flush();
    }

    static IndexWriter writer(Directory directory) throws Exception {
        return new IndexWriter(directory, new IndexWriterConfig(new WhitespaceAnalyzer()));
    }

    static void grid() throws Exception {
        try (Directory directory = new ByteBuffersDirectory(); IndexWriter writer = writer(directory)) {
            for (int length = 1; length <= 100; length++)
                for (int frequency = 1; frequency <= Math.min(20, length); frequency++) {
                    StringBuilder text = new StringBuilder();
                    for (int i = 0; i < length; i++) text.append(i < frequency ? "hit " : "pad ");
                    Document document = new Document();
                    document.add(new TextField("t", text.toString(), Field.Store.NO));
                    writer.addDocument(document);
                }
            Document document = new Document();
            document.add(new TextField("t", "none", Field.Store.NO));
            writer.addDocument(document);
            writer.forceMerge(1);
            run(writer, "grid", "hit", term("hit"));
            run(writer, "grid", "pad", term("pad"));
        }
    }

    static Query term(String word) { return new TermQuery(new Term("t", word)); }
    static Query key(String word) { return new TermQuery(new Term("k", word)); }
    static Query phrase(int slop, String... words) { return new PhraseQuery(slop, "t", words); }

    static BooleanQuery.Builder bool() { return new BooleanQuery.Builder(); }

    static void small() throws Exception {
        try (Directory directory = new ByteBuffersDirectory(); IndexWriter writer = writer(directory)) {
            for (int i = 0; i < SMALL.length; i++) {
                Document document = new Document();
                document.add(new TextField("t", SMALL[i], Field.Store.NO));
                document.add(new StringField("k", KEYS[i], Field.Store.NO));
                writer.addDocument(document);
            }
            writer.forceMerge(1);
            run(writer, "small", "quick", term("quick"));
            run(writer, "small", "key a", key("a"));
            run(writer, "small", "key e", key("e"));
            run(writer, "small", "quick^2.5", new BoostQuery(term("quick"), 2.5f));
            run(writer, "small", "or", should(term("quick"), term("brown"), term("fox")));
            run(writer, "small", "and",
                bool().add(term("quick"), BooleanClause.Occur.MUST).add(term("fox"), BooleanClause.Occur.MUST).build());
            run(writer, "small", "must should filter", bool()
                .add(term("fox"), BooleanClause.Occur.MUST).add(term("brown"), BooleanClause.Occur.SHOULD)
                .add(key("a"), BooleanClause.Occur.SHOULD).add(term("the"), BooleanClause.Occur.FILTER).build());
            run(writer, "small", "filter should", bool()
                .add(term("the"), BooleanClause.Occur.FILTER).add(term("dog"), BooleanClause.Occur.SHOULD).build());
            run(writer, "small", "filter only", bool().add(term("the"), BooleanClause.Occur.FILTER).build());
            run(writer, "small", "two of three", bool()
                .add(term("quick"), BooleanClause.Occur.SHOULD).add(term("brown"), BooleanClause.Occur.SHOULD)
                .add(term("dog"), BooleanClause.Occur.SHOULD).setMinimumNumberShouldMatch(2).build());
            run(writer, "small", "not", bool()
                .add(term("fox"), BooleanClause.Occur.MUST).add(term("quick"), BooleanClause.Occur.MUST_NOT).build());
            run(writer, "small", "nested", bool()
                .add(should(term("quick"), term("lazy")), BooleanClause.Occur.MUST)
                .add(new BoostQuery(bool().add(term("fox"), BooleanClause.Occur.MUST)
                    .add(term("brown"), BooleanClause.Occur.MUST).build(), 3f), BooleanClause.Occur.SHOULD).build());
            run(writer, "small", "constant", bool()
                .add(new BoostQuery(new ConstantScoreQuery(term("fox")), 1.7f), BooleanClause.Occur.MUST)
                .add(term("quick"), BooleanClause.Occur.SHOULD).build());
            run(writer, "small", "dis_max 0",
                new DisjunctionMaxQuery(Arrays.asList(term("quick"), term("brown"), key("a")), 0f));
            run(writer, "small", "dis_max 0.3",
                new DisjunctionMaxQuery(Arrays.asList(term("quick"), term("brown"), key("a")), 0.3f));
            run(writer, "small", "phrase", phrase(0, "quick", "brown"));
            run(writer, "small", "phrase three", phrase(0, "the", "brown", "fox"));
            run(writer, "small", "phrase slop 1", phrase(1, "brown", "fox"));
            run(writer, "small", "phrase slop 2", phrase(2, "brown", "fox"));
            run(writer, "small", "phrase slop 3", phrase(3, "quick", "fox"));
            run(writer, "small", "phrase slop 4", phrase(4, "the", "fox", "dog"));
            run(writer, "small", "phrase slop 10", phrase(10, "dog", "jumps"));
            run(writer, "small", "phrase repeated", phrase(0, "lazy", "lazy"));
            run(writer, "small", "phrase repeated slop 1", phrase(1, "fox", "the", "fox"));
            run(writer, "small", "phrase repeated slop 3", phrase(3, "lazy", "dog", "dog"));
            run(writer, "small", "fuzzy quick", new FuzzyQuery(new Term("t", "quick")));
            run(writer, "small", "fuzzy quack 1", new FuzzyQuery(new Term("t", "quack"), 1));
            run(writer, "small", "fuzzy qiuck no transpositions",
                new FuzzyQuery(new Term("t", "qiuck"), 1, 0, 50, false));
            run(writer, "small", "fuzzy qiuck", new FuzzyQuery(new Term("t", "qiuck"), 1, 0, 50, true));
            run(writer, "small", "fuzzy quirk prefix 3", new FuzzyQuery(new Term("t", "quirk"), 2, 3, 50, true));
            run(writer, "small", "fuzzy quick two", new FuzzyQuery(new Term("t", "quick"), 2, 0, 2, true));
            run(writer, "small", "regexp", new RegexpQuery(new Term("t", "qu(i|a)ck[a-z]?")));
            run(writer, "small", "regexp complement", new RegexpQuery(new Term("t", "q~(.*ck)")));
            run(writer, "small", "regexp interval", new RegexpQuery(new Term("k", "[a-c]&~b")));
            run(writer, "small", "prefix", new PrefixQuery(new Term("t", "qui")));
            run(writer, "small", "wildcard", new WildcardQuery(new Term("t", "qu*k?")));
            run(writer, "small", "doubled", should(term("quick"), term("quick"), term("fox")));
        }
    }

    static Query should(Query... queries) {
        BooleanQuery.Builder builder = bool();
        for (Query query : queries) builder.add(query, BooleanClause.Occur.SHOULD);
        return builder.build();
    }

    static void run(IndexWriter writer, String index, String name, Query query) throws Exception {
        try (DirectoryReader reader = DirectoryReader.open(writer)) {
            IndexSearcher searcher = new IndexSearcher(reader);
            searcher.setSimilarity(new BM25Similarity());
            TreeMap<Integer, Float> scores = new TreeMap<>();
            for (ScoreDoc hit : searcher.search(query, 10000).scoreDocs) scores.put(hit.doc, hit.score);
            for (Map.Entry<Integer, Float> hit : scores.entrySet())
                out.println(index + "\t" + name + "\t" + hit.getKey() + "\t" + hit.getValue());
            if (scores.isEmpty()) out.println(index + "\t" + name + "\t-");
        }
    }
}
