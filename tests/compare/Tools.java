import java.io.ByteArrayOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apache.kafka.common.utils.Exit;

/*
 * Runs Kafka's tools one after the other in one process, as a process for each
 * takes seconds to start. Of standard input each line is a call: class and
 * arguments, with tabs between. For each: a line "STATUS BYTES", then so many
 * bytes of what it wrote to standard output and error.
 */
public class Tools {
    private static final class Ended extends RuntimeException {
    }

    private static int status;
    private static boolean ended;

    private static void call(String[] words) throws Exception {
        status = 0;
        ended = false;
        try {
            Class.forName(words[0]).getMethod("main", String[].class)
                .invoke(null, (Object) Arrays.copyOfRange(words, 1, words.length));
        } catch (InvocationTargetException exception) {
            if (!ended) {
                exception.getCause().printStackTrace();
                status = 1;
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(written, true, "UTF-8");
        System.setOut(stream);
        System.setErr(stream);
        Exit.setExitProcedure((code, message) -> {
            if (!ended)
                status = code;
            ended = true;
            throw new Ended();
        });
        BufferedReader calls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = calls.readLine(); line != null; line = calls.readLine()) {
            call(line.split("\t", -1));
            stream.flush();
            byte[] bytes;
            synchronized (stream) {
                bytes = written.toByteArray();
                written.reset();
            }
            answers.write((status + " " + bytes.length + "\n").getBytes(StandardCharsets.UTF_8));
            answers.write(bytes);
            answers.flush();
        }
    }
}
